/** Everything attached to an image: referrers, and cosign’s tags beside it (`sha256-<hex>.sig|.att|.sbom`). */
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from './RegistryClient.ts';

const TYPES = [
  ['sig', 'application/vnd.dev.cosign.simplesigning.v1+json'],
  ['att', 'application/vnd.dsse.envelope.v1+json'],
  ['sbom', 'text/spdx+json'],
] as const;

/** Referrers of the API or fallback tag and cosign's tags together, each digest once; partly where something fails. */
export async function listAllReferrers(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const [listed, attached] = await Promise.all([
    client.listReferrers(repository, digest, signal).then(
      ({ referrers }) => referrers,
      (error: unknown) => {
        if (signal.aborted) throw error;
        return [];
      },
    ),
    attachmentDescriptors(client, repository, digest, signal),
  ]);
  return [...new Map([...attached, ...listed].map((each) => [each.digest, each])).values()];
}

/** One HEAD a kind; what is not there or cannot be asked for is left out. */
async function attachmentDescriptors(
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
