/** What the SBOM that is attached to an image lists, as packages that can be compared. */
import type { InstalledPackage } from '../image/packages/InstalledPackage.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseJson } from '../oci/parseJson.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { MAX_DOCUMENT_BYTES } from './AttachedDocument.ts';
import { decodeDocument } from './decodeDocument.ts';
import { listAttachments } from './listAttachments.ts';
import { readAttachedDocuments } from './readAttachedDocuments.ts';
import { summarizeSbom } from './sbomSummary.ts';

type SbomRegistry = Pick<RegistryClient, 'listReferrers' | 'headManifest' | 'getManifest' | 'readBlob'>;

/**
 * Of the first SBOM that can be read; undefined where none is attached.
 * @param attestations entries of the index that belong to the image
 * @throws CoreError `cancelled`, or what reading the document throws
 */
export async function readSbomPackages(
  registry: SbomRegistry,
  repository: string,
  image: Digest,
  attestations: readonly Descriptor[],
  signal: AbortSignal,
): Promise<InstalledPackage[] | undefined> {
  const { attachments } = await listAttachments(registry, repository, image, attestations, signal);
  const near = attachments.filter(({ subject }) => subject === image);
  const documents = await readAttachedDocuments(registry, repository, near, signal);
  for (const { kind, blob } of documents) {
    if (kind !== 'sbom' || !blob || blob.sizeInBytes > MAX_DOCUMENT_BYTES) continue;
    const bytes = await registry.readBlob(repository, blob.digest, MAX_DOCUMENT_BYTES, signal);
    const packages = packagesOf(bytes);
    if (packages) return packages;
  }
  return undefined;
}

function packagesOf(bytes: Uint8Array): InstalledPackage[] | undefined {
  const { statement, content, language } = decodeDocument(bytes);
  if (language !== 'json') return undefined;
  const summary = summarizeSbom(statement ? statement.predicate : parseJson(content, 'SBOM'));
  return summary?.packages.map(({ name, version = '' }) => ({ manager: 'sbom', name, version }));
}
