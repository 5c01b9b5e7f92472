/** Top of the page: what this is, what can be done with it, and its main facts. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ImageView } from '../../src/core/image/ImageView.ts';
import type { CopySubject } from '../../src/panels/manifest/manifestPanelProtocol.ts';
import { formatAge, formatBytes, formatDate } from '../shared/format.ts';
import { breakable, facts, type Content } from '../shared/parts.ts';
import { digest, showCopied } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

const ICONS: Readonly<Record<ImageView['kind'], string>> = {
  image: 'package',
  index: 'layers',
  helm: 'symbol-namespace',
  artifact: 'file-zip',
  legacy: 'history',
};

export function head(context: PanelContext, view: ImageView | undefined): TemplateResult {
  const { request, fullReference, strings } = context.setting;
  const separator = request.reference.includes(':') ? '@' : ':';
  const [referenceStart, referenceEnd] = elide(request.reference);
  return html`<header>
    <div class="title">
      <span class="codicon codicon-${view ? ICONS[view.kind] : 'package'}" aria-hidden="true"></span>
      <h1 title=${fullReference}>
        <span>${request.repository}</span
        ><span class="reference">${separator}${referenceStart}</span>${referenceEnd}
      </h1>
      ${view ? html`<vscode-badge>${kindName(context, view)}</vscode-badge>` : nothing}
    </div>
    <p class="full-reference"><code>${fullReference}</code></p>
    <div class="actions" role="toolbar" aria-label=${strings.actions}>
      ${copyAction(context, 'reference', strings.copyReference)}
      ${view ? copyAction(context, 'digest', strings.copyDigest) : nothing}
      ${
        view && (view.kind === 'image' || view.kind === 'index')
          ? copyAction(context, 'pullCommand', strings.copyPullCommand)
          : nothing
      }
      ${
        view
          ? html`<vscode-button
              secondary
              icon="json"
              @click=${() => context.post({ type: 'openRaw', document: 'image' })}
              >${strings.openRawJson}</vscode-button
            >`
          : nothing
      }
      <vscode-button
        secondary
        icon-only
        icon="refresh"
        title=${strings.reload}
        aria-label=${strings.reload}
        @click=${() => context.post({ type: 'reload' })}
      ></vscode-button>
    </div>
  </header>`;
}

/** The chooser of a multi-platform image; nothing where there is no choice. */
export function platformChooser(context: PanelContext, view: ImageView): Content {
  const { strings } = context.setting;
  const choices = view.platforms.filter(({ isIndex }) => !isIndex);
  if (choices.length < 2) {
    return nothing;
  }
  return html`<div class="platform-chooser">
    <span aria-hidden="true">${strings.platform}</span>
    <vscode-single-select
      label=${strings.platform}
      .value=${view.selected?.digest ?? ''}
      @change=${(event: Event) => {
        const chosen = (event.target as HTMLElement & { value: string }).value;
        if (chosen !== view.selected?.digest) {
          context.post({ type: 'selectPlatform', digest: chosen });
        }
      }}
    >
      ${choices.map(
        (platform) =>
          html`<vscode-option value=${platform.digest} ?selected=${platform.digest === view.selected?.digest}
            >${platform.label}</vscode-option
          >`,
      )}
    </vscode-single-select>
  </div>`;
}

export function summary(context: PanelContext, view: ImageView): Content {
  const { strings, locale } = context.setting;
  const { selected } = view;
  const created = formatDate(selected?.createdAt, locale);
  const age = formatAge(selected?.createdAt, Date.now(), locale);
  return html`<section aria-label=${strings.facts}>
    ${facts(
      [
        [strings.digest, digest(context, view.digest)],
        [
          strings.totalSize,
          selected?.totalSizeInBytes === undefined
            ? undefined
            : formatBytes(selected.totalSizeInBytes, locale),
        ],
        [strings.created, created === undefined ? undefined : html`<span title=${created}>${age}</span>`],
        [strings.platform, view.platforms.length > 1 ? undefined : selected?.platform],
        [
          strings.type,
          // An image, index or chart has its kind beside the title already.
          view.kind === 'artifact' && view.artifactType
            ? html`<span title=${view.artifactType}>${view.artifactTypeName ?? view.artifactType}</span>`
            : undefined,
        ],
        [strings.mediaType, html`<code>${breakable(view.mediaType)}</code>`],
        [
          strings.attachedTo,
          view.subject &&
            html`<button
              type="button"
              class="link-button"
              title=${view.subject.digest}
              @click=${() => context.post({ type: 'openDigest', digest: view.subject!.digest })}
            >
              ${elide(view.subject.digest)[0]}
            </button>`,
        ],
      ],
      'summary',
    )}
  </section>`;
}

function kindName({ setting: { strings } }: PanelContext, { kind }: ImageView): string {
  return {
    image: strings.image,
    index: strings.index,
    helm: strings.helmChart,
    artifact: strings.artifact,
    legacy: strings.legacy,
  }[kind];
}

function copyAction(context: PanelContext, subject: CopySubject, label: string): TemplateResult {
  return html`<vscode-button
    secondary
    icon="copy"
    @click=${(event: Event) => {
      context.post({ type: 'copy', subject });
      showCopied(context, event.currentTarget as HTMLElement);
    }}
    >${label}</vscode-button
  >`;
}

/** A digest cut after twelve digits; a tag as it is. */
function elide(reference: string): readonly [string, string] {
  const colon = reference.indexOf(':');
  return colon < 0 ? [reference, ''] : [reference.slice(0, colon + 13), '…'];
}
