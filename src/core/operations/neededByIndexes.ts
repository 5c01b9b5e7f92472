/** Which manifests tagged indexes of a whole registry list: a garbage collector that does not look into indexes would take them. */
import type { Digest } from '../oci/digest.ts';
import { isIndexType } from '../oci/mediaType.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { readPages } from '../registry/readPages.ts';
import { resolveTag } from './resolveTag.ts';

/** Those of `digests` that some tag's index lists. */
export async function findNeededByIndexes(
  provider: RegistryProvider,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<Set<Digest>> {
  const wanted = new Set(digests);
  const needed = new Set<Digest>();
  if (wanted.size === 0) return needed;
  for await (const { items: repositories } of readPages((cursor) =>
    provider.listRepositories(cursor, signal),
  )) {
    for (const repository of repositories) await lookAtTags(repository);
  }
  return needed;

  async function lookAtTags(repository: string): Promise<void> {
    const seen = new Set<Digest>();
    for await (const { items: tags } of readPages((cursor) =>
      provider.listTags(repository, cursor, signal),
    )) {
      for (const { name } of tags) {
        const target = await resolveTag(provider.client, repository, name, signal);
        if (target && isIndexType(target.mediaType)) await lookInto(repository, target.digest, seen);
      }
    }
  }

  async function lookInto(repository: string, index: Digest, seen: Set<Digest>): Promise<void> {
    if (seen.has(index)) return;
    seen.add(index);
    const manifest = await provider.client.getManifest(repository, index, signal);
    if (manifest.kind !== 'index') return;
    for (const { digest, mediaType } of manifest.manifests) {
      if (wanted.has(digest)) needed.add(digest);
      if (isIndexType(mediaType)) await lookInto(repository, digest, seen);
    }
  }
}
