/** Layers, each with the build step that made it and a bar for its share of the largest. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SelectedView, StepView } from '../../src/core/image/ImageView.ts';
import { fill, formatBytes } from './format.ts';
import { digest, section, type Content } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

export function layers(context: PanelContext, selected: SelectedView): Content {
  const { strings, locale } = context.setting;
  const { steps } = selected;
  const made = steps.flatMap(({ layer }) => layer ?? []);
  const withoutLayer = steps.length - made.length;
  const shown = context.choices.showEmptySteps ? steps : steps.filter(({ layer }) => layer);
  const largest = Math.max(1, ...made.map(({ sizeInBytes }) => sizeInBytes ?? 0));
  const total = made.reduce((sum, { sizeInBytes }) => sum + (sizeInBytes ?? 0), 0);
  const numbers = new Map(made.map((layer, index) => [layer, index + 1]));
  const list =
    shown.length === 0
      ? html`<p class="muted">${strings.noLayers}</p>`
      : html`<div role="table" aria-labelledby="layers-title" class="table layers">
            <div role="row" class="table-head">
              <span role="columnheader" aria-label=${strings.layer}>#</span>
              <span role="columnheader">${strings.instruction}</span>
              <span role="columnheader">${strings.size}</span>
              <span role="columnheader">${strings.digest}</span>
            </div>
            ${shown.map((step) => stepRow(context, step, step.layer && numbers.get(step.layer), largest, total))}
          </div>
          ${selected.historyMatches ? nothing : html`<p class="muted">${strings.historyGuess}</p>`}`;
  const aside =
    withoutLayer === 0
      ? total > 0
        ? html`<span class="muted">${formatBytes(total, locale)}</span>`
        : nothing
      : html`<label class="check"
          ><input
            type="checkbox"
            .checked=${context.choices.showEmptySteps}
            @change=${(event: Event) =>
              context.change({ showEmptySteps: (event.target as HTMLInputElement).checked })}
          />${fill(strings.showEmptyLayers, String(withoutLayer))}</label
        >`;
  return section('layers', strings.layers, list, made.length, aside);
}

function stepRow(
  context: PanelContext,
  step: StepView,
  number: number | undefined,
  largest: number,
  total: number,
): TemplateResult {
  const { layer } = step;
  const { strings, locale } = context.setting;
  const size = layer?.sizeInBytes;
  return html`<div role="row" class=${layer ? '' : 'empty-step'}>
    <span role="cell" class="number">${number ?? ''}</span>
    <span role="cell" class="step">${instruction(context, step)}</span>
    <span role="cell" class="size">
      ${
        size === undefined
          ? nothing
          : html`<span
                class="amount"
                title=${fill(strings.sizeOf, formatBytes(size, locale), formatBytes(total, locale))}
                >${formatBytes(size, locale)}</span
              ><span class="bar" aria-hidden="true"
                ><span .style=${`--share: ${((100 * size) / largest).toFixed(2)}%`}></span
              ></span>`
      }
    </span>
    <span role="cell">${layer ? digest(context, layer.digest) : nothing}</span>
  </div>`;
}

function instruction(
  context: PanelContext,
  { instruction: made, createdBy, comment, layer }: StepView,
): Content {
  const text = made || comment || '';
  const { strings } = context.setting;
  const type = layer && unusualType(layer.mediaType);
  const badges = [type, layer?.foreign ? strings.foreignLayer : undefined].filter(
    (text) => text !== undefined,
  );
  const [, keyword = '', rest = text] = /^([A-Z]+)(?=\s|$)([^]*)$/.exec(text) ?? [];
  const title = layer?.annotations.find(({ name }) => name === 'org.opencontainers.image.title')?.value;
  return html`${
    text
      ? html`<code title=${createdBy ?? ''}><span class="keyword">${keyword}</span>${rest}</code>`
      : title
        ? html`<code>${title}</code>`
        : html`<span class="muted">${layer?.mediaType ?? ''}</span>`
  }${badges.map((badge) => html` <vscode-badge>${badge}</vscode-badge>`)}`;
}

/** A word for layers that are not the everyday gzip tar. */
function unusualType(mediaType: string): string | undefined {
  if (/\+zstd$/.test(mediaType)) {
    return 'zstd';
  }
  return /layer\.v1\.tar$/.test(mediaType) ? 'tar' : undefined;
}
