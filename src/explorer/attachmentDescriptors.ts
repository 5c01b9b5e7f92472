/** Cosign's signatures, attestations and SBOMs that are tags beside the image: `sha256-<hex>.sig|.att|.sbom`. */
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Digest } from '../core/oci/digest.ts';
import type { RegistryClient } from '../core/registry/RegistryClient.ts';

const TYPES = [
  ['sig', 'application/vnd.dev.cosign.simplesigning.v1+json'],
  ['att', 'application/vnd.dsse.envelope.v1+json'],
  ['sbom', 'text/spdx+json'],
] as const;

/** One HEAD a kind; what is not there or cannot be asked for is left out. */
export async function attachmentDescriptors(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const found = await Promise.all(
    TYPES.map(async ([suffix, artifactType]): Promise<Descriptor[]> => {
      const tag = `${digest.replace(':', '-')}.${suffix}`;
      try {
        const head = await client.headManifest(repository, tag, signal);
        return head?.digest
          ? [
              {
                mediaType: head.mediaType,
                digest: head.digest,
                sizeInBytes: head.sizeInBytes ?? 0,
                artifactType,
              },
            ]
          : [];
      } catch (error) {
        if (signal.aborted) throw error;
        return [];
      }
    }),
  );
  return found.flat();
}
