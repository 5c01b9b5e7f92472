/** What every part of the page may know and do. */
import type {
  PanelSectionName,
  PanelSections,
  PanelSetting,
  WebviewMessage,
} from '../../src/panels/manifest/manifestPanelProtocol.ts';

/** What a person changed on the page; kept with `setState` so that it survives hiding and reloading. */
export interface PageChoices {
  readonly showEmptySteps: boolean;
  /** Keys of lists and texts that are shown whole. */
  readonly expanded: readonly string[];
  readonly showSizeTrend: boolean;
}

/** Neither content nor problem: it is being read. */
export interface SectionState<Name extends PanelSectionName> {
  readonly content?: PanelSections[Name];
  readonly problem?: string;
}

export interface PanelContext {
  readonly setting: PanelSetting;
  section<Name extends PanelSectionName>(name: Name): SectionState<Name>;
  readonly choices: PageChoices;
  post(message: WebviewMessage): void;
  change(choices: Partial<PageChoices>): void;
  /** Tells a screen reader, and nobody else. */
  announce(text: string): void;
}
