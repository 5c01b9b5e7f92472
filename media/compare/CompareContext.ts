/** What every part of the comparison page may know and do. */
import type {
  ComparePanelState,
  CompareWebviewMessage,
} from '../../src/panels/compare/comparePanelProtocol.ts';

export interface CompareContext {
  readonly state: ComparePanelState;
  post(message: CompareWebviewMessage): void;
  /** Draws the page again: something a person chose has changed. */
  redraw(): void;
  announce(text: string): void;
}
