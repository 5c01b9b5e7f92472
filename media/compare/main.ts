/** The comparison panel's page: draws what the host says, and says what a person wants. */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { html, nothing, render, type TemplateResult } from 'lit';
import {
  isCompareHostMessage,
  type CompareFilesView,
  type ComparePanelState,
  type ComparePart,
  type CompareRequest,
  type CompareSideView,
  type CompareWebviewMessage,
  type ComparisonView,
} from '../../src/panels/compare/comparePanelProtocol.ts';
import { fill, shortDigest } from '../shared/format.ts';
import { drawKeepingFocus } from '../shared/drawKeepingFocus.ts';
import { createLiveRegion } from '../shared/liveRegion.ts';
import '../shared/page.css';
import { section, type Content } from '../shared/parts.ts';
import type { CompareContext } from './CompareContext.ts';
import { FileTable } from './FileTable.ts';
import './main.css';
import { differences, history, layers, packages, sameImage } from './sections.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: CompareWebviewMessage): void;
  setState(state: CompareRequest): void;
};

const host = acquireVsCodeApi();
const root = document.getElementById('root')!;
const announce = createLiveRegion();

const files = new FileTable();
let state: ComparePanelState | undefined;

function contextOf(shown: ComparePanelState): CompareContext {
  return {
    state: shown,
    post: (message) => host.postMessage(message),
    redraw: draw,
    announce,
  };
}

function draw(): void {
  if (!state) return;
  const isLoading = [state.overview, state.files, state.packages].some((part) => part.state === 'loading');
  root.setAttribute('aria-busy', String(isLoading));
  const context = contextOf(state);
  drawKeepingFocus(() => render(page(context), root));
}

function page(context: CompareContext): TemplateResult {
  const { state: shown, post } = context;
  const { strings, overview, request } = shown;
  const isLoading = shown.files.state === 'loading' || shown.packages.state === 'loading';
  const view = overview.state === 'ready' ? overview.content : undefined;
  return html`<header>
      <div class="sides">
        ${side(strings.before, view?.before, request.before)}
        <vscode-button secondary icon="arrow-swap" @click=${() => post({ type: 'swap' })}
          >${strings.swap}</vscode-button
        >
        ${side(strings.after, view?.after, request.after)}
      </div>
      <div class="actions" role="toolbar" aria-label=${strings.actions}>
        ${
          isLoading
            ? html`<vscode-button secondary icon="stop-circle" @click=${() => post({ type: 'cancel' })}
                >${strings.cancel}</vscode-button
              >`
            : html`<vscode-button secondary icon="refresh" @click=${() => post({ type: 'reload' })}
                >${strings.reload}</vscode-button
              >`
        }
        ${view ? platformChooser(context, view) : nothing}
      </div>
    </header>
    ${view ? body(context, view) : part(context, overview, 'reload', () => nothing)}`;
}

function side(
  label: string,
  view: CompareSideView | undefined,
  target: CompareRequest['before'],
): TemplateResult {
  return html`<div class="side" role="group" aria-label=${label}>
    <span class="side-label">${label}</span>
    <h1>${view?.title ?? target.title}</h1>
    <p class="full-reference">${view?.name ?? target.name}</p>
    ${
      view
        ? html`<p class="muted">
            ${view.facts.join(' · ')} · <code title=${view.digest}>${shortDigest(view.digest)}</code>
          </p>`
        : nothing
    }
  </div>`;
}

function platformChooser(context: CompareContext, { platforms, platform }: ComparisonView): Content {
  const { strings } = context.state;
  return platforms.length < 2
    ? nothing
    : html`<label class="platform"
        ><span>${strings.platform}</span
        ><vscode-single-select
          aria-label=${strings.platform}
          @change=${(event: Event) =>
            context.post({ type: 'selectPlatform', platform: (event.target as HTMLInputElement).value })}
        >
          ${platforms.map(
            (name) =>
              html`<vscode-option value=${name} ?selected=${name === platform}>${name}</vscode-option>`,
          )}
        </vscode-single-select></label
      >`;
}

function body(context: CompareContext, view: ComparisonView): TemplateResult {
  const { strings, files: filesPart, packages: packagesPart } = context.state;
  if (view.same) return sameImage(view.same);
  const shown = filesPart.state === 'ready' ? filesPart.content : undefined;
  const total = shown && Object.values(shown.counts).reduce((sum, count) => sum + count, 0);
  const openAll =
    shown && shown.openable > 0
      ? html`<vscode-button secondary icon="diff-multiple" @click=${() => context.post({ type: 'openAll' })}
          >${strings.openAll}</vscode-button
        >`
      : nothing;
  return html`${differences(context, 'configuration', strings.configuration, view.configuration)}
  ${differences(context, 'environment', strings.environment, view.environment)}
  ${differences(context, 'labels', strings.labels, view.labels)} ${history(context, view)}
  ${layers(context, view)}
  ${section(
    'files',
    strings.files,
    part(context, filesPart, 'retryFiles', (content) => fileSection(context, content, total ?? 0)),
    total,
    openAll,
  )}
  ${section(
    'packages',
    strings.packages,
    part(context, packagesPart, 'retryPackages', (content) => packages(context, content)),
    packagesPart.state === 'ready' ? packagesPart.content.packages.length : undefined,
  )}`;
}

function fileSection(context: CompareContext, view: CompareFilesView, total: number): Content {
  const { unread } = view;
  return html`${
    unread
      ? html`<p class="note">
          <span class="codicon codicon-info" aria-hidden="true"></span><span>${unread.note}</span>
          <vscode-button secondary @click=${() => context.post({ type: 'readShared' })}
            >${unread.action}</vscode-button
          >
        </p>`
      : nothing
  }
  ${
    total === 0
      ? html`<p class="muted">${view.note ?? context.state.strings.noDifference}</p>`
      : html`<p class="muted">${[view.note, view.summary].filter(Boolean).join(' ')}</p>
          ${files.render(context, view)}`
  }`;
}

function part<T>(
  context: CompareContext,
  shown: ComparePart<T>,
  retry: 'reload' | 'retryFiles' | 'retryPackages',
  draw: (content: T) => Content,
): Content {
  const { strings } = context.state;
  const again = html`<div class="actions">
    <vscode-button @click=${() => context.post({ type: retry })}>${strings.retry}</vscode-button>
  </div>`;
  switch (shown.state) {
    case 'ready':
      return draw(shown.content);
    case 'loading':
      return html`<p class="loading" role="status">
        <vscode-progress-ring aria-hidden="true"></vscode-progress-ring>${strings.loading}
        ${shown.progress ?? ''}
        ${
          shown.share === undefined
            ? nothing
            : html`<progress max="1" .value=${shown.share} aria-label=${strings.loading}></progress>`
        }
      </p>`;
    case 'waiting':
      return html`<p class="muted">${strings.needsFiles}</p>`;
    case 'cancelled':
      return html`<p class="muted">${strings.cancelled}</p>
        ${again}`;
    case 'problem':
      return html`<div class="error" role="alert">
        <span class="codicon codicon-error" aria-hidden="true"></span>
        <div>
          <p>${shown.message}</p>
          ${again}
        </div>
      </div>`;
  }
}

function filesAreThere(context: CompareContext, { counts }: CompareFilesView): void {
  files.reset(context);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  context.announce(fill(context.state.strings.filesDiffer, String(total)));
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isCompareHostMessage(data)) return;
  if (data.type === 'fileRows') {
    files.receive(data);
  } else {
    const wereThere = state?.files.state === 'ready';
    state = data.state;
    host.setState(state.request);
    if (state.files.state === 'ready' && !wereThere) filesAreThere(contextOf(state), state.files.content);
  }
  draw();
});

host.postMessage({ type: 'ready' });
