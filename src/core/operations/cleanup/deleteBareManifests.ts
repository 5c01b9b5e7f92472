/** Manifests whose last tag has just gone: deleted too, where the registry would keep them until it is told to look for such. */
import pLimit from 'p-limit';
import { isCoreError } from '../../common/CoreError.ts';
import type { Digest } from '../../oci/digest.ts';
import { isIndexType } from '../../oci/mediaType.ts';
import type { RegistryProvider } from '../../providers/RegistryProvider.ts';
import { readPages } from '../../registry/readPages.ts';
import { throwIfCancelled } from '../../registry/transport/cancellation.ts';
import { resolveTag } from '../resolveTag.ts';

/** A repository that keeps more tags is left to the registry's garbage collection: each would have to be looked at. */
const MAX_TAGS_EXAMINED = 500;
const CONCURRENCY = 6;

/**
 * DELETE by digest takes tags along, so all that are there now are looked at first, and what an index of theirs lists
 * stays as well. Failing is harmless: the manifests stay, without a tag.
 * @returns the digests that are gone.
 */
export async function deleteBareManifests(
  provider: RegistryProvider,
  repository: string,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<Digest[]> {
  if (digests.length === 0) return [];
  const gone: Digest[] = [];
  try {
    const inUse = await digestsInUse(provider, repository, signal);
    if (!inUse) return [];
    // One after the other: Distribution 2.8 gets in its own way otherwise.
    for (const digest of digests.filter((each) => !inUse.has(each))) {
      throwIfCancelled(signal);
      if (provider.deleteUntagged) await provider.deleteUntagged(repository, digest, signal);
      else await provider.client.deleteManifest(repository, digest, signal);
      gone.push(digest);
    }
  } catch (error) {
    if (!isCoreError(error)) throw error;
  }
  return gone;
}

/** Undefined where not everything could be looked at. */
async function digestsInUse(
  provider: RegistryProvider,
  repository: string,
  signal: AbortSignal,
): Promise<Set<Digest> | undefined> {
  const { client } = provider;
  const limit = pLimit(CONCURRENCY);
  const inUse = new Set<Digest>();
  const indexes = new Set<Digest>();
  let examined = 0;
  for await (const page of readPages((cursor) => provider.listTags(repository, cursor, signal))) {
    if (page.truncated === true) return undefined;
    examined += page.items.length;
    if (examined > MAX_TAGS_EXAMINED) return undefined;
    await Promise.all(
      page.items.map(({ name }) =>
        limit(async () => {
          const target = await resolveTag(client, repository, name, signal);
          if (!target) return;
          inUse.add(target.digest);
          if (isIndexType(target.mediaType)) indexes.add(target.digest);
        }),
      ),
    );
  }
  for (const index of indexes) {
    const manifest = await client.getManifest(repository, index, signal);
    if (manifest.kind !== 'index') continue;
    for (const { digest, mediaType } of manifest.manifests) {
      inUse.add(digest);
      if (isIndexType(mediaType)) indexes.add(digest);
    }
  }
  return inUse;
}
