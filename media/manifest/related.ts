/** What belongs to the image: its platforms and the documents it is made of. */
import { html, nothing, type TemplateResult } from 'lit';
import type { DescriptorView, ImageView } from '../../src/core/image/ImageView.ts';
import type { RawDocument } from '../../src/panels/manifest/manifestPanelProtocol.ts';
import { formatBytes } from '../shared/format.ts';
import { breakable, section, type Content } from '../shared/parts.ts';
import { digest, expander, shortened } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

export function platforms(context: PanelContext, view: ImageView): Content {
  const { strings } = context.setting;
  if (view.kind !== 'index') {
    return nothing;
  }
  if (view.platforms.length === 0) {
    return section('platforms', strings.platforms, html`<p class="muted">${strings.emptyIndex}</p>`);
  }
  const rows = shortened(context, 'platforms', view.platforms).map((platform) => {
    const isShown = platform.digest === view.selected?.digest;
    const name = isShown
      ? html`<strong>${platform.label}</strong> <vscode-badge>${strings.shown}</vscode-badge>`
      : html`<button
          type="button"
          class="link-button"
          @click=${() =>
            context.post({
              type: platform.isIndex ? 'openDigest' : 'selectPlatform',
              digest: platform.digest,
            })}
        >
          ${platform.label}
        </button>`;
    return descriptorRow(context, name, platform.mediaType, platform);
  });
  return section(
    'platforms',
    strings.platforms,
    html`${descriptorTable(context, 'platforms', strings.platform, rows)}
    ${expander(context, 'platforms', view.platforms.length)}`,
    view.platforms.length,
  );
}

/** The JSON documents behind this page, each a click away. */
export function documents(context: PanelContext, view: ImageView): Content {
  const { strings } = context.setting;
  const { selected } = view;
  const own: DescriptorView = { ...view, sizeInBytes: view.manifestSizeInBytes };
  const rows = [
    documentRow(context, view.kind === 'index' ? strings.openIndexJson : strings.openImageJson, 'image', own),
  ];
  if (selected && selected.digest !== view.digest) {
    const platform: DescriptorView = { ...selected, sizeInBytes: selected.manifestSizeInBytes };
    rows.push(documentRow(context, strings.openPlatformJson, 'selected', platform));
  }
  if (selected?.config) {
    rows.push(documentRow(context, strings.openConfigJson, 'config', selected.config));
  }
  return section(
    'documents',
    strings.documents,
    descriptorTable(context, 'documents', strings.name, rows, true),
  );
}

function documentRow(
  context: PanelContext,
  label: string,
  document: RawDocument,
  descriptor: DescriptorView,
): TemplateResult {
  const name = html`<button
    type="button"
    class="link-button"
    @click=${() => context.post({ type: 'openRaw', document })}
  >
    ${label}
  </button>`;
  return descriptorRow(context, name, descriptor.mediaType, descriptor, descriptor.sizeInBytes);
}

function descriptorTable(
  context: PanelContext,
  id: string,
  firstColumn: string,
  rows: readonly TemplateResult[],
  withSizes = false,
): TemplateResult {
  const { strings } = context.setting;
  return html`<div
    role="table"
    aria-labelledby="${id}-title"
    class="table descriptors ${withSizes ? 'with-sizes' : ''}"
  >
    <div role="row" class="table-head">
      <span role="columnheader">${firstColumn}</span>
      <span role="columnheader">${strings.mediaType}</span>
      ${withSizes ? html`<span role="columnheader">${strings.size}</span>` : nothing}
      <span role="columnheader">${strings.digest}</span>
    </div>
    ${rows}
  </div>`;
}

function descriptorRow(
  context: PanelContext,
  name: Content,
  type: string,
  { digest: value }: DescriptorView,
  sizeInBytes?: number,
): TemplateResult {
  const { locale } = context.setting;
  return html`<div role="row">
    <span role="cell">${name}</span>
    <span role="cell" class="type"><code>${breakable(type)}</code></span>
    ${
      sizeInBytes === undefined
        ? nothing
        : html`<span role="cell" class="amount">${formatBytes(sizeInBytes, locale)}</span>`
    }
    <span role="cell">${digest(context, value)}</span>
  </div>`;
}
