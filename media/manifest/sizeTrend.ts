/** How large the latest tags are, oldest first: a small chart that speaks, and is walked with the arrow keys. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { ImageView } from '../../src/core/image/ImageView.ts';
import type { SizePoint, SizeTrendView } from '../../src/core/trust/SupplyChainView.ts';
import { fill, formatAge, formatBytes, formatDate } from '../shared/format.ts';
import { section, type Content } from '../shared/parts.ts';
import type { PanelContext } from './PanelContext.ts';

const BAR_HEIGHT = 96;

export function sizeTrend(context: PanelContext, view: ImageView): Content {
  if (view.kind !== 'image' && view.kind !== 'index') {
    return nothing;
  }
  const { strings } = context.setting;
  const { showSizeTrend: isOpen } = context.choices;
  const toggle = html`<button
    type="button"
    class="link-button"
    aria-expanded=${isOpen}
    aria-controls="size-trend"
    @click=${() => {
      context.change({ showSizeTrend: !isOpen });
      if (!isOpen) context.post({ type: 'loadSection', name: 'sizeTrend' });
    }}
  >
    ${isOpen ? strings.hideSizeTrend : strings.showSizeTrend}
  </button>`;
  return section('size-trend', strings.sizeTrend, isOpen ? body(context) : nothing, undefined, toggle);
}

function body(context: PanelContext): Content {
  const { strings } = context.setting;
  const { content, problem } = context.section('sizeTrend');
  if (problem !== undefined) {
    return html`<p class="muted">
      ${problem}
      <button
        type="button"
        class="link-button"
        @click=${() => context.post({ type: 'loadSection', name: 'sizeTrend' })}
      >
        ${strings.retry}
      </button>
    </p>`;
  }
  if (!content) {
    return html`<p class="muted" role="status">${strings.loading}</p>`;
  }
  return content.points.length === 0
    ? html`<p class="muted">${strings.sizeTrendEmpty}</p>`
    : html`${chart(context, content)}
        <p class="muted">
          ${strings.sizeTrendHint}${content.isOverPlatforms ? ` ${strings.sizeTrendPlatforms}` : ''}
        </p>`;
}

function chart(context: PanelContext, { points }: SizeTrendView): TemplateResult {
  const largest = Math.max(...points.map(({ sizeInBytes }) => sizeInBytes), 1);
  const shown = points.findIndex(({ isShown }) => isShown);
  const entry = shown < 0 ? points.length - 1 : shown;
  return html`<ol class="trend" aria-labelledby="size-trend-title" @keydown=${moveFocus}>
    ${points.map((point, index) => bar(context, point, points[index - 1], largest, index === entry))}
  </ol>`;
}

function bar(
  context: PanelContext,
  point: SizePoint,
  previous: SizePoint | undefined,
  largest: number,
  isEntry: boolean,
): TemplateResult {
  const { strings, locale } = context.setting;
  const height = Math.max(2, Math.round((point.sizeInBytes / largest) * BAR_HEIGHT));
  const size = formatBytes(point.sizeInBytes, locale);
  const spoken = [
    [point.tag, ...point.otherTags].join(', '),
    size,
    previous && describeChange(context, point, previous),
    formatDate(point.createdAt, locale),
    point.isShown ? strings.shown : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
  return html`<li class=${point.isShown ? 'is-shown' : ''}>
    <button
      type="button"
      tabindex=${isEntry ? 0 : -1}
      title=${spoken}
      aria-label=${spoken}
      @click=${() => context.post({ type: 'openTag', tag: point.tag })}
    >
      <svg viewBox="0 0 20 ${BAR_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<rect x="0" y=${BAR_HEIGHT - height} width="20" height=${height}></rect>`}
      </svg>
      <span class="trend-tag" aria-hidden="true">${point.tag}</span>
      <span class="trend-size" aria-hidden="true">${size}</span>
      <span class="trend-size" aria-hidden="true"
        >${formatAge(point.createdAt, Date.now(), locale) ?? ''}</span
      >
    </button>
  </li>`;
}

function describeChange({ setting }: PanelContext, point: SizePoint, previous: SizePoint): string {
  const { strings, locale } = setting;
  const difference = point.sizeInBytes - previous.sizeInBytes;
  const template =
    difference > 0 ? strings.sizeTrendGrew : difference < 0 ? strings.sizeTrendShrank : strings.sizeTrendSame;
  return fill(template, formatBytes(Math.abs(difference), locale), previous.tag);
}

/** One stop for Tab; the arrow keys, Home and End move within. */
function moveFocus(event: KeyboardEvent): void {
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll('button')];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  const to = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: buttons.length - 1,
  }[event.key];
  const next = to === undefined ? undefined : buttons[to];
  if (!next) {
    return;
  }
  event.preventDefault();
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}
