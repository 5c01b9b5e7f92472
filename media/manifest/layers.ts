/** Layers, each with the build step that made it and a bar for its share of the largest. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SelectedView, StepView } from '../../src/core/image/ImageView.ts';
import type { LayerSpace } from '../../src/core/image/space/ImageSpace.ts';
import { fill, formatBytes } from '../shared/format.ts';
import { breakable, section, type Content } from '../shared/parts.ts';
import { cut, digest } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';
import { layerSpaces } from './space.ts';

const LONG_STEP = 400;
const LONG_STEP_LINES = 5;

interface Row {
  readonly step: StepView;
  /** Position among all steps, from 0. */
  readonly index: number;
  /** Position among the layers, from 1. */
  readonly number: number | undefined;
}

export function layers(context: PanelContext, selected: SelectedView): Content {
  const { steps, historyMatches } = selected;
  const spaces = layerSpaces(context, selected);
  const { strings } = context.setting;
  let layerCount = 0;
  const rows = steps.map((step, index): Row => ({ step, index, number: step.layer && ++layerCount }));
  const withoutLayer = steps.length - layerCount;
  const shown = rows.filter(({ step }) => step.layer ?? context.choices.showEmptySteps);
  const sizes = steps.map(({ layer }) => layer?.sizeInBytes ?? 0);
  const largest = Math.max(1, ...sizes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const hasHistory = steps.some(({ createdBy }) => createdBy);
  const list =
    shown.length === 0
      ? html`<p class="muted">${strings.noLayers}</p>`
      : html`<div role="table" aria-labelledby="layers-title" class="table layers">
            <div role="row" class="table-head">
              <span role="columnheader" aria-label=${strings.layer}>#</span>
              <span role="columnheader">${hasHistory ? strings.instruction : strings.mediaType}</span>
              <span role="columnheader">${strings.size}</span>
              <span role="columnheader">${strings.digest}</span>
            </div>
            ${shown.map((row) => stepRow(context, row, largest, total, spaces.get(row.index)))}
          </div>
          ${historyMatches ? nothing : html`<p class="muted">${strings.historyGuess}</p>`}`;
  const aside =
    withoutLayer === 0
      ? nothing
      : html`<label class="check"
          ><input
            type="checkbox"
            .checked=${context.choices.showEmptySteps}
            @change=${(event: Event) =>
              context.change({ showEmptySteps: (event.target as HTMLInputElement).checked })}
          />${fill(strings.showEmptyLayers, String(withoutLayer))}</label
        >`;
  return section('layers', strings.layers, list, layerCount, aside);
}

function stepRow(
  context: PanelContext,
  { step, index, number }: Row,
  largest: number,
  total: number,
  space: LayerSpace | undefined,
): TemplateResult {
  const { layer } = step;
  const { strings, locale } = context.setting;
  const size = layer?.sizeInBytes;
  return html`<div role="row" class=${layer ? '' : 'empty-step'}>
    <span role="cell" class="number">${number ?? ''}</span>
    <span role="cell" class="step">${instruction(context, step, index)}</span>
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
      ${space ? trueSize(context, space) : nothing}
    </span>
    <span role="cell">${layer ? digest(context, layer.digest) : nothing}</span>
  </div>`;
}

/** What is inside, once the layers were analyzed. */
function trueSize({ setting }: PanelContext, { sizeInBytes, hidesBytes }: LayerSpace): TemplateResult {
  const { strings, locale } = setting;
  const hides = formatBytes(hidesBytes, locale);
  return html`<span class="true-size"
    >${fill(strings.spaceTrueSize, formatBytes(sizeInBytes, locale))}${
      hidesBytes === 0
        ? nothing
        : html`,
            <span class="attention" title=${fill(strings.spaceHidesHint, hides)}
              >${fill(strings.spaceHides, hides)}</span
            >`
    }</span
  >`;
}

function instruction(
  context: PanelContext,
  { instruction: made, createdBy, comment, layer }: StepView,
  index: number,
): Content {
  const { strings } = context.setting;
  const title = layer?.annotations.find(({ name }) => name === 'org.opencontainers.image.title')?.value;
  const text = made || comment || title;
  const badges = [layer && unusualType(layer.mediaType), layer?.foreign ? strings.foreignLayer : undefined];
  if (!text) {
    return html`<code class="muted">${breakable(layer?.mediaType ?? '')}</code>`;
  }
  const { shown, more } = cut(context, `step:${index}`, text, LONG_STEP, LONG_STEP_LINES);
  const [, keyword = '', rest = shown] = /^([A-Z]+)(?=\s|$)([^]*)$/.exec(shown) ?? [];
  return html`<code title=${createdBy ?? ''}><span class="keyword">${keyword}</span>${rest}</code>${more}
    ${badges.map((badge) => badge && html`<vscode-badge>${badge}</vscode-badge>`)}`;
}

/** A word for layers that are not the everyday gzip tar. */
function unusualType(mediaType: string): string | undefined {
  if (/\+zstd$/.test(mediaType)) {
    return 'zstd';
  }
  return /layer\.v1\.tar$/.test(mediaType) ? 'tar' : undefined;
}
