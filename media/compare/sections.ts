/** The parts of a comparison that are there at once: what runs, how it was built, layers; and the packages. */
import { html, nothing, type TemplateResult } from 'lit';
import type {
  CompareLayerView,
  ComparePackagesView,
  CompareValueView,
  ComparisonView,
} from '../../src/panels/compare/comparePanelProtocol.ts';
import { shortDigest } from '../shared/format.ts';
import { breakable, section, type Content } from '../shared/parts.ts';
import type { CompareContext } from './CompareContext.ts';

const MARKS = { added: 'diff-added', removed: 'diff-removed', shared: 'check', same: 'blank' } as const;
const PACKAGE_ICONS = {
  added: 'diff-added',
  removed: 'diff-removed',
  upgraded: 'arrow-up',
  downgraded: 'arrow-down',
  changed: 'diff-modified',
} as const;

export function differences(
  context: CompareContext,
  id: string,
  title: string,
  values: readonly CompareValueView[],
): TemplateResult {
  const { strings } = context.state;
  const side = (value: string | undefined, className: string) =>
    html`<span role="cell" class=${className}
      >${value === undefined ? html`<span class="absent" aria-label="–">–</span>` : html`<code class="value">${value}</code>`}</span
    >`;
  const content =
    values.length === 0
      ? html`<p class="muted">${strings.noDifference}</p>`
      : html`<div role="table" aria-labelledby="${id}-title" class="table value-differences">
          <div role="row" class="table-head">
            <span role="columnheader">${strings.name}</span><span role="columnheader">${strings.before}</span
            ><span role="columnheader">${strings.after}</span>
          </div>
          ${values.map(
            ({ name, before, after }) =>
              html`<div role="row">
                <span role="rowheader"><code>${breakable(name)}</code></span
                >${side(before, 'was')}${side(after, 'is')}
              </div>`,
          )}
        </div>`;
  return section(id, title, content, values.length);
}

let showsAllSteps = false;

export function history(context: CompareContext, { history: steps }: ComparisonView): TemplateResult {
  const { strings } = context.state;
  const count = steps.filter(({ kind }) => kind !== 'same').length;
  const shown = showsAllSteps ? steps : steps.filter(({ kind }) => kind !== 'same');
  const toggle =
    count === steps.length
      ? nothing
      : html`<label class="check"
          ><input
            type="checkbox"
            .checked=${showsAllSteps}
            @change=${(event: Event) => {
              showsAllSteps = (event.target as HTMLInputElement).checked;
              context.redraw();
            }}
          />${strings.showUnchanged}</label
        >`;
  const content =
    shown.length === 0
      ? html`<p class="muted">${strings.noDifference}</p>`
      : html`<ul class="marked">
          ${shown.map(
            ({ kind, instruction }) =>
              html`<li class=${kind}>
                ${mark(MARKS[kind], strings[kind])}<code class="value">${instruction}</code>
              </li>`,
          )}
        </ul>`;
  return section('history', strings.history, content, count, toggle);
}

export function layers(context: CompareContext, { layers: all, layersNote }: ComparisonView): TemplateResult {
  const { strings } = context.state;
  const row = ({ kind, digest, size, step }: CompareLayerView): Content =>
    html`<li class=${kind}>
      ${mark(MARKS[kind], strings[kind])}<code title=${digest}>${shortDigest(digest)}</code
      ><span class="muted">${strings[kind]}</span
      >${step === undefined ? nothing : html`<code class="layer-step" title=${step}>${step}</code>`}<span
        class="layer-size"
        >${size}</span
      >
    </li>`;
  return section(
    'layers',
    strings.layers,
    html`<p class="muted">${layersNote}</p>
      <ul class="marked">
        ${all.map(row)}
      </ul>`,
    all.filter(({ kind }) => kind !== 'shared').length,
  );
}

export function packages(
  context: CompareContext,
  { packages: all, note, needsShared }: ComparePackagesView,
): Content {
  const { strings } = context.state;
  return html`${note === undefined ? nothing : html`<p class="muted">${note}</p>`}
  ${
    needsShared === undefined
      ? nothing
      : html`<div class="actions">
          <vscode-button secondary @click=${() => context.post({ type: 'readShared' })}
            >${needsShared}</vscode-button
          >
        </div>`
  }
  ${
    all.length === 0
      ? needsShared === undefined
        ? html`<p class="muted">${strings.noDifference}</p>`
        : nothing
      : html`<div role="table" aria-labelledby="packages-title" class="table package-differences">
          <div role="row" class="table-head">
            <span role="columnheader">${strings.kind}</span><span role="columnheader">${strings.package}</span
            ><span role="columnheader">${strings.before}</span
            ><span role="columnheader">${strings.after}</span
            ><span role="columnheader">${strings.manager}</span>
          </div>
          ${all.map(
            ({ kind, name, before, after, manager }) =>
              html`<div role="row" class=${kind}>
                <span role="cell" class="package-kind">${mark(PACKAGE_ICONS[kind], '')}${strings[kind]}</span
                ><span role="rowheader"><code>${breakable(name)}</code></span
                ><span role="cell"><code>${before ?? '–'}</code></span
                ><span role="cell"><code>${after ?? '–'}</code></span
                ><span role="cell" class="muted">${manager}</span>
              </div>`,
          )}
        </div>`
  }`;
}

export function sameImage({ title, hint }: NonNullable<ComparisonView['same']>): TemplateResult {
  return html`<div class="same-image" role="status">
    <span class="codicon codicon-pass" aria-hidden="true"></span>
    <h2>${title}</h2>
    <p class="muted">${hint}</p>
  </div>`;
}

function mark(icon: string, label: string): TemplateResult {
  return label === ''
    ? html`<span class="codicon codicon-${icon}" aria-hidden="true"></span>`
    : html`<span class="codicon codicon-${icon}" role="img" aria-label=${label} title=${label}></span>`;
}
