/** The manifest panel's page: takes the host's messages, keeps what a person chose, and draws. */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, nothing, render, type TemplateResult } from 'lit';
import type { ImageView } from '../../src/core/image/ImageView.ts';
import {
  isHostMessage,
  type HostMessage,
  type PanelError,
  type PanelSection,
  type PanelSectionName,
  type PanelSetting,
  type PanelState,
  type WebviewMessage,
} from '../../src/panels/manifest/manifestPanelProtocol.ts';
import { drawKeepingFocus } from '../shared/drawKeepingFocus.ts';
import { createLiveRegion } from '../shared/liveRegion.ts';
import '../shared/page.css';
import type { Content } from '../shared/parts.ts';
import { attached } from './attached.ts';
import { baseImage } from './baseImage.ts';
import { chart, configuration } from './configuration.ts';
import { head, platformChooser, summary } from './head.ts';
import { layers } from './layers.ts';
import './main.css';
import type { PageChoices, PanelContext, SectionState } from './PanelContext.ts';
import { namedValues } from './parts.ts';
import { documents, platforms } from './related.ts';
import { sizeTrend } from './sizeTrend.ts';
import { announceAnalysis, space } from './space.ts';

interface KeptState extends PanelState, PageChoices {
  readonly scrollY: number;
}

interface VsCodeApi {
  postMessage(message: WebviewMessage): void;
  getState(): Partial<KeptState> | undefined;
  setState(state: KeptState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const SCROLL_SETTLED_MS = 150;

const host = acquireVsCodeApi();
const root = document.getElementById('root')!;
const announce = createLiveRegion();

const kept = host.getState();
let choices: PageChoices = {
  showEmptySteps: kept?.showEmptySteps ?? false,
  expanded: kept?.expanded ?? [],
  showSizeTrend: kept?.showSizeTrend ?? false,
};
let platformDigest = kept?.platformDigest;
let scrollY = kept?.scrollY ?? 0;
let setting: PanelSetting | undefined;
let view: ImageView | undefined;
let error: PanelError | undefined;
let isLoading = true;
const sections = new Map<PanelSectionName, PanelSection>();

function receive(message: HostMessage): void {
  switch (message.type) {
    case 'setting':
      setting = message.setting;
      keep();
      break;
    case 'loading':
      isLoading = true;
      error = undefined;
      break;
    case 'view': {
      const isFirst = !view;
      view = message.view;
      isLoading = false;
      sections.clear();
      loadSections();
      draw();
      if (isFirst) {
        window.scrollTo(0, scrollY);
      }
      return;
    }
    case 'section': {
      const before = sectionState('space').content;
      sections.set(message.section.name, message.section);
      draw();
      if (setting && message.section.name === 'space') announceAnalysis(createContext(setting), before);
      return;
    }
    case 'error':
      error = message.error;
      isLoading = false;
  }
  draw();
}

/** What is always shown is asked for at once; the rest when it is opened. */
function loadSections(): void {
  post({ type: 'loadSection', name: 'attached' });
  post({ type: 'loadSection', name: 'baseImage' });
  post({ type: 'loadSection', name: 'space' });
  if (choices.showSizeTrend) post({ type: 'loadSection', name: 'sizeTrend' });
}

function sectionState<Name extends PanelSectionName>(name: Name): SectionState<Name> {
  return (sections.get(name) ?? {}) as SectionState<Name>;
}

function post(message: WebviewMessage): void {
  if (message.type === 'selectPlatform') {
    platformDigest = message.digest;
    keep();
  }
  host.postMessage(message);
}

function keep(): void {
  if (setting) {
    const { request } = setting;
    host.setState({ request, ...choices, scrollY, ...(platformDigest !== undefined && { platformDigest }) });
  }
}

function draw(): void {
  if (!setting) {
    return;
  }
  const context = createContext(setting);
  root.setAttribute('aria-busy', String(isLoading));
  drawKeepingFocus(() => render(page(context), root));
}

function createContext(shown: PanelSetting): PanelContext {
  return {
    setting: shown,
    section: sectionState,
    choices,
    post,
    change: (changed) => {
      choices = { ...choices, ...changed };
      keep();
      draw();
    },
    announce,
  };
}

function page(context: PanelContext): TemplateResult {
  const { strings } = context.setting;
  return html`${isLoading && view ? html`<vscode-progress-bar aria-label=${strings.loading}></vscode-progress-bar>` : nothing}
  ${head(context, view)} ${error ? errorBox(context, error) : nothing}
  ${
    view
      ? body(context, view)
      : isLoading
        ? html`<p class="loading" role="status">
            <vscode-progress-ring aria-hidden="true"></vscode-progress-ring>${strings.loading}
          </p>`
        : nothing
  }`;
}

function body(context: PanelContext, shown: ImageView): TemplateResult {
  const { strings } = context.setting;
  const { selected } = shown;
  const note = (text: string): Content =>
    html`<p class="note"><span class="codicon codicon-info" aria-hidden="true"></span>${text}</p>`;
  const annotations = selected && selected.digest !== shown.digest ? selected.annotations : [];
  return html`${shown.kind === 'legacy' ? note(strings.legacyNote) : nothing}
  ${shown.problems.some(({ part }) => part === 'config') ? note(strings.configMissing) : nothing}
  ${platformChooser(context, shown)} ${summary(context, shown)} ${baseImage(context)}
  ${selected?.chart ? chart(context, selected.chart) : nothing}
  ${selected?.runtime ? configuration(context, selected.runtime) : nothing}
  ${selected ? layers(context, selected) : nothing} ${space(context, shown)}
  ${selected?.runtime ? namedValues(context, 'labels', strings.labels, selected.runtime.labels) : nothing}
  ${platforms(context, shown)} ${attached(context)} ${sizeTrend(context, shown)}
  ${namedValues(context, 'annotations', strings.annotations, shown.annotations)}
  ${namedValues(context, 'platform-annotations', strings.platformAnnotations, annotations)}
  ${documents(context, shown)}`;
}

function errorBox(context: PanelContext, shown: PanelError): TemplateResult {
  return html`<div class="error" role="alert">
    <span class="codicon codicon-error" aria-hidden="true"></span>
    <div>
      <p>${shown.message}</p>
      <div class="actions">
        <vscode-button @click=${() => context.post({ type: 'reload' })}
          >${context.setting.strings.retry}</vscode-button
        >
        ${shown.actions.map(
          ({ id, title }) =>
            html`<vscode-button secondary @click=${() => context.post({ type: 'runAction', id })}
              >${title}</vscode-button
            >`,
        )}
      </div>
    </div>
  </div>`;
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (isHostMessage(data)) {
    receive(data);
  }
});

let scrollTimer: ReturnType<typeof setTimeout> | undefined;
window.addEventListener('scroll', () => {
  clearTimeout(scrollTimer);
  scrollTimer = setTimeout(() => {
    scrollY = window.scrollY;
    keep();
  }, SCROLL_SETTLED_MS);
});

host.postMessage({ type: 'ready' });
