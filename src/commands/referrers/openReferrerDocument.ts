/** Opens one document of an attachment in an editor; its manifest where its content is not known. */
import type { DocumentKind } from '../../core/trust/AttachedDocument.ts';
import { parseDigest, shortDigest } from '../../core/oci/digest.ts';
import { openManifestDocument, type ReferrerExtension } from '../../documents/manifestDocument.ts';
import type { ReferrerTarget } from './askReferrer.ts';

export interface ReferrerDocument {
  readonly connectionId: string;
  readonly repository: string;
  readonly kind: DocumentKind;
  /** Of the manifest. */
  readonly digest: string;
  readonly blob?: { readonly digest: string; readonly mediaType: string };
}

export function referrerDocumentOf({ connectionId, repository, document }: ReferrerTarget): ReferrerDocument {
  const { kind, blob, attachment } = document;
  return { connectionId, repository, kind, digest: attachment.descriptor.digest, ...(blob && { blob }) };
}

export async function openReferrerDocument(
  { connectionId, repository, kind, digest, blob }: ReferrerDocument,
  form: 'referrer' | 'decodedReferrer',
): Promise<void> {
  const place = { connectionId, repository };
  const image = repository.slice(repository.lastIndexOf('/') + 1);
  const name = `${image}-${kind}-${shortDigest((blob ?? { digest }).digest, 7)}`;
  if (!blob) {
    await openManifestDocument({ ...place, kind: 'manifest', reference: digest, name });
    return;
  }
  await openManifestDocument({
    ...place,
    kind: form,
    digest: parseDigest(blob.digest),
    name: form === 'referrer' ? `${name}-raw` : name,
    extension: extensionOf(blob.mediaType),
  });
}

/** SPDX has a form of plain lines, CycloneDX one in XML; everything else that is attached is JSON. */
function extensionOf(mediaType: string): ReferrerExtension {
  if (/json|dsse|sigstore|in-toto/.test(mediaType)) return 'json';
  return /xml/.test(mediaType) ? 'xml' : 'txt';
}
