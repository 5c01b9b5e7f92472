/** The page of "Show Registry Capabilities": draws what the host says, and says what a person wants. */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import { html, nothing, render, type TemplateResult } from 'lit';
import {
  isCapabilitiesHostMessage,
  type CapabilitiesRequest,
  type CapabilitiesView,
  type CapabilitiesWebviewMessage,
  type CapabilityRow,
} from '../../src/panels/capabilities/capabilitiesPanelProtocol.ts';
import { createLiveRegion } from '../shared/liveRegion.ts';
import '../shared/page.css';
import { markCopied, section } from '../shared/parts.ts';
import './main.css';

declare function acquireVsCodeApi(): {
  postMessage(message: CapabilitiesWebviewMessage): void;
  setState(state: CapabilitiesRequest): void;
};

const ICONS: Readonly<Record<CapabilityRow['state'], string>> = {
  yes: 'pass-filled',
  no: 'circle-slash',
  unknown: 'question',
  checking: '',
  waiting: 'circle-large',
};

const host = acquireVsCodeApi();
const root = document.getElementById('root')!;
const announce = createLiveRegion();

function post(type: CapabilitiesWebviewMessage['type']): void {
  host.postMessage({ type });
}

function page(view: CapabilitiesView): TemplateResult {
  const { strings, isChecking } = view;
  return html`${isChecking ? html`<vscode-progress-bar aria-label=${strings.checking}></vscode-progress-bar>` : nothing}
    <header>
      <div class="title">
        <span class="codicon codicon-checklist" aria-hidden="true"></span>
        <h1>${view.title}</h1>
        ${view.kind === undefined ? nothing : html`<vscode-badge>${view.kind}</vscode-badge>`}
      </div>
      <div class="actions" role="toolbar" aria-label=${strings.actions}>
        ${
          isChecking
            ? html`<vscode-button secondary icon="stop-circle" @click=${() => post('cancel')}
                >${strings.cancel}</vscode-button
              >`
            : html`<vscode-button secondary icon="refresh" @click=${() => post('check')}
                >${strings.check}</vscode-button
              >`
        }
        <vscode-button
          secondary
          icon="copy"
          @click=${(event: Event) => {
            post('copyAsText');
            announce(strings.copied);
            markCopied(event.currentTarget as HTMLElement);
          }}
          >${strings.copyAsText}</vscode-button
        >
        ${
          strings.chooseRepository === undefined
            ? nothing
            : html`<vscode-button icon="repo" @click=${() => post('chooseRepository')}
                >${strings.chooseRepository}</vscode-button
              >`
        }
      </div>
    </header>
    ${view.groups.map(({ title, rows }, index) =>
      section(
        `group-${index}`,
        title,
        html`<ul class="capabilities">
          ${rows.map(row)}
        </ul>`,
      ),
    )}`;
}

function row({
  name,
  state,
  stateLabel,
  title,
  meaning,
  advice,
  evidence,
  tryIt,
}: CapabilityRow): TemplateResult {
  return html`<li class="capability ${state}" data-capability=${name}>
    ${
      state === 'checking'
        ? html`<vscode-progress-ring class="state" aria-hidden="true"></vscode-progress-ring>`
        : html`<span class="state codicon codicon-${ICONS[state]}" aria-hidden="true"></span>`
    }
    <div class="what">
      <h3 aria-label="${title}: ${stateLabel}">${title}</h3>
      <p class="meaning">${meaning}</p>
      ${advice === undefined ? nothing : html`<p class="advice">${advice}</p>`}
      ${
        tryIt === undefined || state === 'checking'
          ? nothing
          : html`<vscode-button secondary @click=${() => post('checkMount')}>${tryIt}</vscode-button>`
      }
    </div>
    ${evidence === undefined ? nothing : html`<code class="evidence">${evidence}</code>`}
  </li>`;
}

let wasChecking = false;
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (!isCapabilitiesHostMessage(data)) return;
  const { view, request } = data;
  host.setState(request);
  root.setAttribute('aria-busy', String(view.isChecking));
  if (view.isChecking && !wasChecking) announce(view.strings.checking);
  wasChecking = view.isChecking;
  render(page(view), root);
});

post('ready');
