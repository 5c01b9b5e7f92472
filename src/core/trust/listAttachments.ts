/**
 * Everything attached to an image, from all the places clients put it, each manifest once. Sources: OCI
 * distribution-spec 1.1, "Listing Referrers"; cosign SIGNATURE_SPEC.md; BuildKit docs/attestations/attestation-storage.md.
 */
import { attestedDigest } from '../oci/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type { Attachment, AttachmentList, AttachmentPlace } from './Attachment.ts';

export type AttachmentRegistry = Pick<RegistryClient, 'listReferrers' | 'headManifest'>;

const COSIGN_TAGS = [
  ['sig', 'application/vnd.dev.cosign.artifact.sig.v1+json'],
  ['att', 'application/vnd.dsse.envelope.v1+json'],
  ['sbom', 'application/vnd.dev.cosign.artifact.sbom.v1+json'],
] as const;

/** Whether the repository has a tag; undefined where that is not known. */
export type TagKnowledge = (tag: string) => boolean | undefined;

/**
 * In at most four requests where the referrers API is there, else five, and fewer where tags are known not to be there. A place that cannot be looked into leaves the
 * others: the list then carries the problem.
 * @param attestations entries of an index that belong to the list (`splitAttestations`).
 * @throws CoreError `cancelled` only.
 */
export async function listAttachments(
  registry: AttachmentRegistry,
  repository: string,
  subject: Digest,
  attestations: readonly Descriptor[],
  signal: AbortSignal,
  hasTag: TagKnowledge = () => undefined,
): Promise<AttachmentList> {
  let problem: Error | undefined;
  const tolerate = async (look: () => Promise<Attachment[]>): Promise<Attachment[]> => {
    try {
      return await look();
    } catch (error) {
      if (signal.aborted) throw error;
      problem ??= error instanceof Error ? error : new Error(String(error));
      return [];
    }
  };
  const found = await Promise.all([
    tolerate(async () => {
      const { referrers, source } = await registry.listReferrers(repository, subject, signal);
      const place: AttachmentPlace = source === 'api' ? 'referrersApi' : 'fallbackTag';
      return referrers.map((descriptor) => ({ descriptor, subject, foundIn: [place] }));
    }),
    ...COSIGN_TAGS.map(([suffix, artifactType]) =>
      tolerate(async () => {
        const tag = `${subject.replace(':', '-')}.${suffix}`;
        if (hasTag(tag) === false) return [];
        return lookAtCosignTag(registry, repository, subject, tag, artifactType, signal);
      }),
    ),
  ]);
  const ofIndex = attestations.map((descriptor): Attachment => ({
    descriptor,
    subject: attestedDigest(descriptor) ?? subject,
    foundIn: ['index'],
  }));
  const attachments = mergeAttachments([...found.flat(), ...ofIndex]);
  return { attachments, ...(problem !== undefined && { problem }) };
}

/** Each manifest once, with every place it was found in; what the first one that knows says of it counts. */
export function mergeAttachments(attachments: readonly Attachment[]): Attachment[] {
  const merged = new Map<Digest, Attachment>();
  for (const each of attachments) {
    const known = merged.get(each.descriptor.digest);
    if (!known) {
      merged.set(each.descriptor.digest, each);
      continue;
    }
    merged.set(each.descriptor.digest, {
      // BuildKit's entry of an index names the platform; a referrer's list knows the artifact type.
      descriptor: {
        ...each.descriptor,
        ...known.descriptor,
        annotations: { ...each.descriptor.annotations, ...known.descriptor.annotations },
      },
      subject: each.foundIn.includes('index') ? each.subject : known.subject,
      foundIn: [...new Set([...known.foundIn, ...each.foundIn])],
    });
  }
  return [...merged.values()];
}

async function lookAtCosignTag(
  registry: AttachmentRegistry,
  repository: string,
  subject: Digest,
  tag: string,
  artifactType: string,
  signal: AbortSignal,
): Promise<Attachment[]> {
  const head = await registry.headManifest(repository, tag, signal);
  if (head?.digest === undefined) return [];
  const { digest, mediaType, sizeInBytes = 0 } = head;
  return [{ descriptor: { mediaType, digest, sizeInBytes, artifactType }, subject, foundIn: ['cosignTag'] }];
}
