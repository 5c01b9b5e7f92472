/** Reads what is attached to the image of a panel, once for all sections that need it. */
import { isDigest, type Digest } from '../../../core/oci/digest.ts';
import type { Descriptor } from '../../../core/oci/descriptor.ts';
import type { ImageView } from '../../../core/image/ImageView.ts';
import type { RegistryClient } from '../../../core/registry/RegistryClient.ts';
import { documentId, type AttachedDocument } from '../../../core/trust/AttachedDocument.ts';
import { decodeDocument, type DecodedDocument } from '../../../core/trust/decodeDocument.ts';
import { listAttachments, mergeAttachments } from '../../../core/trust/listAttachments.ts';
import { readAttachedDocuments, unreadDocument } from '../../../core/trust/readAttachedDocuments.ts';

export interface Attached {
  /** Of what is shown first, then of the other platforms of the index. */
  readonly documents: readonly AttachedDocument[];
  /** Contents of the small ones among what is attached to what is shown, by `documentId`. */
  readonly decoded: ReadonlyMap<string, DecodedDocument>;
  readonly problem?: Error;
}

/** SBOMs of small images and every provenance; what is larger is opened when a person asks. */
const MAX_SUMMED_UP_BYTES = 1024 * 1024;
const MAX_SUMMED_UP = 6;

type AttachedRegistry = Pick<RegistryClient, 'listReferrers' | 'headManifest' | 'getManifest' | 'readBlob'>;

/** @throws CoreError `cancelled` only. */
export async function readAttached(
  registry: AttachedRegistry,
  repository: string,
  view: ImageView,
  signal: AbortSignal,
): Promise<Attached> {
  const shown = new Set([view.digest, view.selected?.digest].filter((digest) => digest !== undefined));
  const lists = await Promise.all(
    [...shown]
      .filter(isDigest)
      .map((digest) =>
        listAttachments(
          registry,
          repository,
          digest,
          digest === view.digest ? view.attestations.map(toDescriptor) : [],
          signal,
        ),
      ),
  );
  const all = mergeAttachments(lists.flatMap(({ attachments }) => attachments));
  const near = all.filter(({ subject }) => shown.has(subject));
  // One manifest each is read only for what is shown: an index has as many attestations as platforms.
  const documents = await readAttachedDocuments(registry, repository, near, signal);
  const others = all.filter(({ subject }) => !shown.has(subject)).map(unreadDocument);
  const problem = lists.find((list) => list.problem)?.problem;
  return {
    documents: [...documents, ...others],
    decoded: await decodeSmall(registry, repository, documents, signal),
    ...(problem && { problem }),
  };
}

async function decodeSmall(
  registry: AttachedRegistry,
  repository: string,
  documents: readonly AttachedDocument[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DecodedDocument>> {
  const wanted = documents
    .filter(
      ({ kind, blob }) =>
        (kind === 'provenance' || kind === 'sbom') &&
        blob !== undefined &&
        blob.sizeInBytes <= MAX_SUMMED_UP_BYTES,
    )
    .slice(0, MAX_SUMMED_UP);
  const decoded = new Map<string, DecodedDocument>();
  await Promise.all(
    wanted.map(async (document) => {
      try {
        const bytes = await registry.readBlob(repository, document.blob!.digest, MAX_SUMMED_UP_BYTES, signal);
        decoded.set(documentId(document), decodeDocument(bytes));
      } catch (error) {
        // The row is shown without its summary.
        if (signal.aborted) throw error;
      }
    }),
  );
  return decoded;
}

function toDescriptor({
  digest,
  mediaType,
  sizeInBytes,
  describes,
}: ImageView['attestations'][number]): Descriptor {
  return {
    digest: digest as Digest,
    mediaType,
    sizeInBytes,
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      ...(describes !== undefined && { 'vnd.docker.reference.digest': describes }),
    },
  };
}
