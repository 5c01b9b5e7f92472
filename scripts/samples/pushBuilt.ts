/** Pushes what the builders made, bottom up, so that the tag appears last. */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import type { BuiltManifest } from './buildArtifact.ts';

/** Blobs of `built`, then its children by digest, then itself under `tags` (by digest where there are none). */
export async function pushBuilt(
  client: RegistryClient,
  repository: string,
  built: BuiltManifest,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const limit = pLimit(4);
  const blobs = new Map(built.blobs.map((blob) => [blob.descriptor.digest, blob]));
  await Promise.all(
    [...blobs.values()].map(({ bytes }) => limit(() => client.uploadBlob(repository, bytes, signal))),
  );
  for (const child of built.children) await pushBuilt(client, repository, child, [], signal);
  for (const reference of tags.length > 0 ? tags : [built.descriptor.digest]) {
    await client.putManifest(repository, reference, built.descriptor.mediaType, built.bytes, signal);
  }
}
