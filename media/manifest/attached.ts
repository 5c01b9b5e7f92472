/** Signatures, SBOMs, provenance and what else is attached. Only what was checked is called verified. */
import { html, nothing, type TemplateResult } from 'lit';
import type { AttachedDocumentView } from '../../src/core/trust/SupplyChainView.ts';
import { fill, formatBytes } from '../shared/format.ts';
import { breakable, section, type Content } from '../shared/parts.ts';
import { digest, expander, shortened } from './parts.ts';
import type { PanelContext } from './PanelContext.ts';

const ICONS: Readonly<Record<AttachedDocumentView['kind'], string>> = {
  signature: 'key',
  sbom: 'list-tree',
  provenance: 'git-commit',
  attestation: 'note',
  artifact: 'file-binary',
};

export function attached(context: PanelContext): Content {
  const { strings } = context.setting;
  const { content, problem } = context.section('attached');
  if (!content) {
    return section(
      'attached',
      strings.referrers,
      problem === undefined
        ? html`<p class="muted" role="status">${strings.loading}</p>`
        : html`<p class="muted">${strings.referrersUnavailable} ${problem} ${retry(context)}</p>`,
    );
  }
  const { documents, isIncomplete } = content;
  const more = isIncomplete ? html`<p class="muted">${strings.mayBeMore} ${retry(context)}</p>` : nothing;
  if (documents.length === 0) {
    const none = isIncomplete ? nothing : html`<p class="muted">${strings.noReferrers}</p>`;
    return section('attached', strings.referrers, html`${none}${more}`);
  }
  const isSigned = documents.some(({ state }) => state !== undefined);
  return section(
    'attached',
    strings.referrers,
    html`<div role="table" aria-labelledby="attached-title" class="table attached">
        <div role="row" class="table-head">
          <span role="columnheader">${strings.type}</span>
          <span role="columnheader">${strings.description}</span>
          <span role="columnheader">${strings.size}</span>
          <span role="columnheader">${strings.digest}</span>
        </div>
        ${shortened(context, 'attached', documents).map((document) => row(context, document))}
      </div>
      ${expander(context, 'attached', documents.length)}
      <p class="muted">${strings.notVerified}</p>
      ${more}`,
    documents.length,
    isSigned
      ? html`<vscode-button secondary icon="verified" @click=${() => context.post({ type: 'verify' })}
          >${strings.verifySignature}</vscode-button
        >`
      : nothing,
  );
}

function row(context: PanelContext, document: AttachedDocumentView): TemplateResult {
  const { strings, locale } = context.setting;
  const { id, kind, label, state, isVerified, platform, type, places, sizeInBytes } = document;
  return html`<div role="row">
    <span role="cell" class="with-icon">
      <span
        class="codicon codicon-${isVerified ? 'verified' : ICONS[kind]} ${isVerified ? 'good' : ''}"
        aria-hidden="true"
      ></span>
      <span>
        <button
          type="button"
          class="link-button"
          title=${fill(strings.openReferrer, label)}
          @click=${() => context.post({ type: 'openAttached', id, as: 'decoded' })}
        >
          ${label}
        </button>
        ${platform === undefined ? nothing : html`<span class="muted">${platform}</span>`}
        ${state === undefined ? nothing : html`<span class=${isVerified ? 'good' : 'muted'}>${state}</span>`}
      </span>
    </span>
    <span role="cell" class="type" title=${fill(strings.foundIn, places.join(', '))}>
      ${document.summary === undefined ? nothing : html`<span class="summary-line">${breakable(document.summary)}</span>`}
      ${source(context, document)}
      ${document.summary === undefined && document.source === undefined ? html`<code>${breakable(type)}</code>` : nothing}
    </span>
    <span role="cell" class="amount">${formatBytes(sizeInBytes, locale)}</span>
    <span role="cell" class="with-actions">
      ${digest(context, document.digest)}
      ${action('json', fill(strings.openRawReferrer, label), () => context.post({ type: 'openAttached', id, as: 'raw' }))}
      ${action('open-preview', fill(strings.inspectReferrer, label), () => context.post({ type: 'openDigest', digest: document.digest }))}
    </span>
  </div>`;
}

function source(context: PanelContext, { id, source: name, sourceUrl }: AttachedDocumentView): Content {
  if (name === undefined) {
    return nothing;
  }
  return sourceUrl === undefined
    ? html`<span>${breakable(name)}</span>`
    : html`<button
        type="button"
        class="link-button"
        title="${context.setting.strings.sourceCommit}: ${sourceUrl}"
        @click=${() => context.post({ type: 'openAttached', id, as: 'source' })}
      >
        ${breakable(name)}
      </button>`;
}

function retry(context: PanelContext): TemplateResult {
  return html`<button type="button" class="link-button" @click=${() => context.post({ type: 'reload' })}>
    ${context.setting.strings.retry}
  </button>`;
}

function action(icon: string, label: string, run: () => void): TemplateResult {
  return html`<button type="button" class="icon-button" title=${label} aria-label=${label} @click=${run}>
    <span class="codicon codicon-${icon}" aria-hidden="true"></span>
  </button>`;
}
