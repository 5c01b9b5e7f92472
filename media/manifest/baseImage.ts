/** The image this one was built on, how that is known, and whether it has moved on. */
import { html, nothing } from 'lit';
import type { BaseImageView } from '../../src/core/trust/SupplyChainView.ts';
import { section, type Content } from '../shared/parts.ts';
import { copyButton } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

/** Nothing where nobody tells of a base, and until that is known: a heading that goes again helps nobody. */
export function baseImage(context: PanelContext): Content {
  const { strings } = context.setting;
  const { content: base } = context.section('baseImage');
  if (!base) {
    return nothing;
  }
  const how = {
    annotation: strings.baseAnnotation,
    label: strings.baseLabel,
    provenance: strings.baseProvenance,
    layers: strings.baseLayers,
    history: strings.baseHistory,
  }[base.by];
  const pinned = base.digest === undefined ? base.reference : `${base.reference}@${base.digest}`;
  return section(
    'base-image',
    strings.baseImage,
    html`<div class="base-image">
      <span class="with-copy">
        <span>
          ${
            base.open
              ? html`<button
                  type="button"
                  class="link-button"
                  title=${strings.baseOpen}
                  @click=${() => context.post({ type: 'openBase' })}
                >
                  <code>${base.reference}</code>
                </button>`
              : html`<code>${base.reference}</code>`
          }
          <span class="muted">${how}</span>
        </span>
        ${copyButton(context, strings.baseImage, pinned)}
      </span>
      ${state(context, base)}
    </div>`,
  );
}

function state({ setting: { strings } }: PanelContext, base: BaseImageView): Content {
  switch (base.state) {
    case 'newer':
      return html`<span class="attention"
        ><span class="codicon codicon-arrow-circle-up" aria-hidden="true"></span>${strings.baseNewer}</span
      >`;
    case 'current':
      return html`<span class="muted">${strings.baseCurrent}</span>`;
    case 'gone':
      return html`<span class="muted">${strings.baseGone}</span>`;
    case 'notConnected':
      return html`<span class="muted">${strings.baseNotConnected}</span>`;
    case 'unknown':
      return html`<span class="muted">${strings.baseUnknown}</span>`;
  }
}
