/** Opens attachments far enough to say what they hold: one manifest each, no content. */
import pLimit from 'p-limit';
import type { Manifest } from '../oci/manifest.ts';
import type { AttachedDocument } from './AttachedDocument.ts';
import type { Attachment } from './Attachment.ts';
import { classifyDocument } from './classifyDocument.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

const PARALLEL_READS = 4;
/** More layers than anybody signs with; an artifact of thousands of files is shown as one. */
const MAX_DOCUMENTS = 50;

/**
 * The documents of `attachments`, signatures first. One whose manifest cannot be read is shown as the list knew it.
 * @throws CoreError `cancelled` only.
 */
export async function readAttachedDocuments(
  registry: Pick<RegistryClient, 'getManifest'>,
  repository: string,
  attachments: readonly Attachment[],
  signal: AbortSignal,
): Promise<AttachedDocument[]> {
  const limit = pLimit(PARALLEL_READS);
  const documents = await Promise.all(
    attachments.map((attachment) =>
      limit(async () => {
        try {
          const manifest = await registry.getManifest(repository, attachment.descriptor.digest, signal);
          return documentsOf(attachment, manifest);
        } catch (error) {
          if (signal.aborted) throw error;
          return [unreadDocument(attachment)];
        }
      }),
    ),
  );
  return documents.flat().sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind));
}

const RANK: readonly AttachedDocument['kind'][] = [
  'signature',
  'sbom',
  'provenance',
  'attestation',
  'artifact',
];

/** What the list alone says of an attachment. */
export function unreadDocument(attachment: Attachment): AttachedDocument {
  const { descriptor } = attachment;
  return { ...classifyDocument(descriptor), attachment, position: 0, ...createdAtOf(descriptor.annotations) };
}

function documentsOf(attachment: Attachment, manifest: Manifest): AttachedDocument[] {
  const descriptor = {
    ...attachment.descriptor,
    // What the manifest says of itself is proven by its digest; the list is only the registry's word.
    annotations: { ...attachment.descriptor.annotations, ...manifest.annotations },
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
  };
  const created = createdAtOf(descriptor.annotations);
  const opened = { ...attachment, descriptor };
  const layers = manifest.kind === 'manifest' ? manifest.layers : [];
  if (layers.length === 0 || layers.length > MAX_DOCUMENTS) {
    return [{ ...classifyDocument(descriptor), attachment: opened, position: 0, ...created }];
  }
  return layers.map((blob, position) => ({
    ...classifyDocument(descriptor, blob),
    attachment: opened,
    blob,
    position,
    ...created,
  }));
}

function createdAtOf(
  annotations: Readonly<Record<string, string>> | undefined,
): Pick<AttachedDocument, 'createdAt'> {
  const created = new Date(
    annotations?.['org.opencontainers.image.created'] ?? annotations?.['dev.sigstore.bundle.created'] ?? NaN,
  );
  return Number.isNaN(created.getTime()) ? {} : { createdAt: created };
}
