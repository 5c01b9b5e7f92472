/** Where the bytes are: what is wasted, the paths that waste most, and a map of the biggest files. Read only when asked. */
import { html, nothing } from 'lit';
import { SizedMap } from './SizedMap.ts';
import type { ImageView, SelectedView } from '../../src/core/image/ImageView.ts';
import type {
  FolderView,
  ImageSpace,
  LayerSpace,
  RepeatedPath,
} from '../../src/core/image/space/ImageSpace.ts';
import type { SpaceView } from '../../src/core/image/space/SpaceView.ts';
import { fill, formatBytes, formatPercent } from '../shared/format.ts';
import { breakable, facts, section, type Content } from '../shared/parts.ts';
import { copyButton, expander, shortened } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

type Measured = SpaceView & { readonly kind: 'measured' };

SizedMap.define();

export function space(context: PanelContext, view: ImageView): Content {
  const { content } = context.section('space');
  if (!view.selected || view.kind === 'legacy' || content?.kind === 'noFiles') {
    return nothing;
  }
  return section('space', context.setting.strings.space, body(context));
}

/** What is known of a layer; the n-th of the manifest is the n-th that was measured. */
export function layerSpaces(context: PanelContext, { steps }: SelectedView): ReadonlyMap<number, LayerSpace> {
  const { content } = context.section('space');
  const found = new Map<number, LayerSpace>();
  if (content?.kind !== 'measured') return found;
  const left = [...content.space.layers];
  for (const [index, { layer }] of steps.entries()) {
    const next = left.findIndex(({ digest }) => digest === layer?.digest);
    if (next < 0) continue;
    found.set(index, left[next]!);
    left.splice(next, 1);
  }
  return found;
}

function body(context: PanelContext): Content {
  const { strings } = context.setting;
  const { content, problem } = context.section('space');
  if (problem !== undefined) {
    return failure(context, problem, () => context.post({ type: 'loadSection', name: 'space' }));
  }
  switch (content?.kind) {
    case undefined:
    case 'noFiles':
      return html`<p class="muted" role="status">${strings.loading}</p>`;
    case 'unread':
      return content.problem === undefined
        ? offer(context, content.sizeInBytes)
        : failure(context, content.problem, () => analyze(context));
    case 'reading':
      return progress(context, content.bytesDone, content.bytesTotal);
    case 'measured':
      return measured(context, content);
  }
}

function analyze(context: PanelContext): void {
  context.post({ type: 'analyzeLayers' });
}

function failure({ setting }: PanelContext, problem: string, retry: () => void): Content {
  return html`<p class="muted" role="alert">
    ${problem}
    <button type="button" class="link-button" @click=${retry}>${setting.strings.retry}</button>
  </p>`;
}

function offer(context: PanelContext, sizeInBytes: number): Content {
  const { strings, locale } = context.setting;
  return html`<p class="muted">${strings.spaceAnalyzeHint}</p>
    <div class="actions">
      <vscode-button secondary @click=${() => analyze(context)}
        >${fill(strings.spaceAnalyze, formatBytes(sizeInBytes, locale))}</vscode-button
      >
    </div>`;
}

function progress(context: PanelContext, bytesDone: number, bytesTotal: number): Content {
  const { strings, locale } = context.setting;
  const percent = Math.round((100 * bytesDone) / Math.max(1, bytesTotal));
  const words = fill(strings.spaceReading, formatBytes(bytesDone, locale), formatBytes(bytesTotal, locale));
  return html`<div class="space-progress">
    <progress max="100" value=${percent} aria-label=${words}></progress>
    <span class="amount">${words}</span>
    <vscode-button secondary @click=${() => context.post({ type: 'cancelAnalysis' })}
      >${strings.spaceCancel}</vscode-button
    >
  </div>`;
}

function measured(context: PanelContext, { space: found, folder }: Measured): Content {
  const { strings } = context.setting;
  return html`${figures(context, found)}
  ${
    found.layers.some(({ isIncomplete }) => isIncomplete)
      ? html`<p class="muted">${strings.spaceIncomplete}</p>`
      : nothing
  }
  ${map(context, folder)} ${repeatedPaths(context, found)}`;
}

function figures(context: PanelContext, found: Measured['space']): Content {
  const { strings, locale } = context.setting;
  const bytes = (size: number): string => formatBytes(size, locale);
  const explained = (text: string, hint: string): Content => html`<span title=${hint}>${text}</span>`;
  return facts(
    [
      [
        strings.spaceEfficiency,
        explained(formatPercent(found.efficiency, locale), strings.spaceEfficiencyHint),
      ],
      [strings.spaceWasted, explained(bytes(found.wastedBytes), strings.spaceWastedHint)],
      [strings.spaceTotal, explained(bytes(found.totalBytes), strings.spaceTotalHint)],
      [strings.spaceVisible, bytes(found.visibleBytes)],
      [strings.spaceHidden, bytes(found.totalBytes - found.visibleBytes)],
    ],
    'summary space-figures',
  );
}

function map(context: PanelContext, folder: FolderView): Content {
  const { strings } = context.setting;
  return html`<h3 id="biggest-title">${strings.spaceBiggest}</h3>
    ${breadcrumb(context, folder.path)}
    ${
      folder.node.sizeInBytes === 0
        ? html`<p class="muted">${strings.spaceEmpty}</p>`
        : html`<berth-size-map .context=${context} .folder=${folder}></berth-size-map>`
    }`;
}

/** The folders on the way, each a click away. */
function breadcrumb(context: PanelContext, path: string): Content {
  const { strings } = context.setting;
  const names = path.split('/').filter((name) => name !== '');
  const steps = ['/', ...names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)];
  return html`<nav class="breadcrumb" aria-labelledby="biggest-title">
    ${steps.map((step, index) => {
      const name = index === 0 ? strings.spaceRoot : names[index - 1]!;
      const label =
        step === path
          ? html`<span aria-current="location">${name}</span>`
          : html`<button
              type="button"
              class="link-button"
              @click=${() => context.post({ type: 'showFolder', path: step })}
            >
              ${name}
            </button>`;
      return html`${index === 0 ? nothing : html`<span aria-hidden="true" class="muted">/</span>`}${label}`;
    })}
  </nav>`;
}

function repeatedPaths(
  context: PanelContext,
  { repeatedPaths: paths, repeatedPathCount }: Pick<ImageSpace, 'repeatedPaths' | 'repeatedPathCount'>,
): Content {
  const { strings, locale } = context.setting;
  if (repeatedPathCount === 0) {
    return html`<p class="muted">${strings.spaceRepeatedNone}</p>`;
  }
  return html`<h3 id="repeated-title">
      ${strings.spaceRepeated} <vscode-badge variant="counter">${repeatedPathCount}</vscode-badge>
    </h3>
    <div role="table" aria-labelledby="repeated-title" class="table repeated">
      <div role="row" class="table-head">
        <span role="columnheader">${strings.spacePath}</span>
        <span role="columnheader">${strings.spaceLayersOf}</span>
        <span role="columnheader">${strings.size}</span>
      </div>
      ${shortened(context, 'repeated', paths).map((repeated) => {
        const { count, sizeInBytes } = repeated;
        return html`<div role="row">
          <span role="cell" class="with-copy">${repeatedPath(context, repeated)}</span>
          <span role="cell" class="amount">${fill(strings.spaceInLayers, String(count))}</span>
          <span role="cell" class="amount">${formatBytes(sizeInBytes, locale)}</span>
        </div>`;
      })}
    </div>
    ${expander(context, 'repeated', paths.length)}`;
}

/** A file opens as a container sees it; one that was removed, as the highest layer that stores it has it. */
function repeatedPath(context: PanelContext, { path, fileLayer, isVisible }: RepeatedPath): Content {
  const { strings } = context.setting;
  const text = html`<code>${breakable(path)}</code>`;
  const open = isVisible ? strings.spaceOpenFile : strings.spaceOpenRemoved;
  const name =
    fileLayer === undefined
      ? text
      : html`<button
          type="button"
          class="link-button"
          title=${fill(open, path)}
          @click=${() => context.post({ type: 'openFile', path, ...(!isVisible && { layer: fileLayer }) })}
        >
          ${text}
        </button>`;
  return html`<span
      >${name}${isVisible ? nothing : html` <span class="muted">${strings.spaceRemoved}</span>`}</span
    >${copyButton(context, path, path)}`;
}

/** Tells of the end of an analysis, as nobody who does not see the page would notice it. */
export function announceAnalysis(context: PanelContext, before: SpaceView | undefined): void {
  const { strings, locale } = context.setting;
  const { content } = context.section('space');
  if (before?.kind !== 'reading' || content?.kind === 'reading') return;
  if (content?.kind === 'measured') {
    const { efficiency, wastedBytes } = content.space;
    context.announce(
      fill(strings.spaceDone, formatPercent(efficiency, locale), formatBytes(wastedBytes, locale)),
    );
  } else if (content?.kind === 'unread' && content.problem === undefined) {
    context.announce(strings.spaceCancelled);
  }
}
