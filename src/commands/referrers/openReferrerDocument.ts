/** Opens one document of an attachment in an editor; its manifest where it holds no document. */
import { shortDigest } from '../../core/oci/digest.ts';
import { openManifestDocument, type ReferrerExtension } from '../../documents/manifestDocument.ts';
import type { ReferrerTarget } from './askReferrer.ts';

export async function openReferrerDocument(
  { connectionId, repository, document }: ReferrerTarget,
  kind: 'referrer' | 'decodedReferrer',
): Promise<void> {
  const { attachment, blob } = document;
  const place = { connectionId, repository };
  const image = repository.slice(repository.lastIndexOf('/') + 1);
  const name = `${image}-${document.kind}-${shortDigest((blob ?? attachment.descriptor).digest, 7)}`;
  if (!blob) {
    const reference = attachment.descriptor.digest;
    await openManifestDocument({ ...place, kind: 'manifest', reference, name });
    return;
  }
  const extension = extensionOf(blob.mediaType);
  await openManifestDocument({
    ...place,
    kind,
    digest: blob.digest,
    name: kind === 'referrer' ? `${name}-raw` : name,
    extension,
  });
}

/** SPDX has a form of plain lines, CycloneDX one in XML; everything else that is attached is JSON. */
function extensionOf(mediaType: string): ReferrerExtension {
  if (/json|dsse|sigstore|in-toto/.test(mediaType)) return 'json';
  return /xml/.test(mediaType) ? 'xml' : 'txt';
}
