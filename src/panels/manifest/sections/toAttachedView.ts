/** What is attached, in the words of the panel. */
import * as vscode from 'vscode';
import type { ImageView } from '../../../core/image/ImageView.ts';
import { isDigest } from '../../../core/oci/digest.ts';
import { documentId, type AttachedDocument } from '../../../core/trust/AttachedDocument.ts';
import type { DecodedDocument } from '../../../core/trust/decodeDocument.ts';
import { readProvenance } from '../../../core/trust/provenance.ts';
import { summarizeSbom } from '../../../core/trust/sbomSummary.ts';
import type { SourceCommit } from '../../../core/trust/sourceCommit.ts';
import type { AttachedDocumentView, AttachedView } from '../../../core/trust/SupplyChainView.ts';
import { describeCheck, describeDocument, describePlace } from '../../../platform/describeDocument.ts';
import { formatCount } from '../../../platform/format.ts';
import type { Verifications } from '../../../platform/Verifications.ts';
import type { Attached } from './readAttached.ts';

interface Place {
  readonly connectionId: string;
  readonly repository: string;
}

export function toAttachedView(
  { documents, decoded, problem }: Attached,
  view: ImageView,
  place: Place,
  verifications: Verifications,
): AttachedView {
  return {
    documents: documents.map((document) =>
      toDocumentView(document, decoded.get(documentId(document)), view, place, verifications),
    ),
    isIncomplete: problem !== undefined,
  };
}

function toDocumentView(
  document: AttachedDocument,
  decoded: DecodedDocument | undefined,
  view: ImageView,
  place: Place,
  verifications: Verifications,
): AttachedDocumentView {
  const { attachment, blob, kind, type } = document;
  const checked = [view.digest, view.selected?.digest]
    .filter((digest) => digest !== undefined && isDigest(digest))
    .map((digest) => verifications.outcomeOf({ ...place, digest }, document))
    .find((outcome) => outcome !== undefined);
  const state = describeCheck(document, checked);
  const platform = view.platforms.find(({ digest }) => digest === attachment.subject)?.label;
  const source = readProvenance(decoded?.statement?.predicate)?.source;
  const summary = summaryOf(decoded);
  return {
    id: documentId(document),
    kind,
    label: describeDocument(document).label,
    ...(state !== undefined && { state }),
    isVerified: checked?.outcome === 'verified',
    type,
    digest: attachment.descriptor.digest,
    ...(blob && { blob: { digest: blob.digest, mediaType: blob.mediaType } }),
    sizeInBytes: (blob ?? attachment.descriptor).sizeInBytes,
    ...(platform !== undefined && { platform }),
    places: attachment.foundIn.map(describePlace),
    ...(summary !== undefined && { summary }),
    ...(source && { source: nameOf(source), ...(source.url !== undefined && { sourceUrl: source.url }) }),
  };
}

function summaryOf(decoded: DecodedDocument | undefined): string | undefined {
  if (!decoded) return undefined;
  const provenance = readProvenance(decoded.statement?.predicate);
  if (provenance?.builder !== undefined) return vscode.l10n.t('built by {0}', provenance.builder);
  const sbom = summarizeSbom(decoded.statement ? decoded.statement.predicate : tryParse(decoded.content));
  if (!sbom) return undefined;
  const { length } = sbom.packages;
  return length === 1 ? vscode.l10n.t('1 package') : vscode.l10n.t('{0} packages', formatCount(length));
}

function nameOf({ repository, commit }: SourceCommit): string {
  const name = repository.replace(/^https:\/\//, '');
  return commit === undefined ? name : `${name}@${commit.slice(0, 7)}`;
}

function tryParse(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
}
