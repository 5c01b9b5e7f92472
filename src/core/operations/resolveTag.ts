/** What a tag points at right now: asked before every step that changes something. */
import { isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

export interface ResolvedTag {
  readonly digest: Digest;
  readonly mediaType: string;
}

/** Undefined: there is no such tag. One HEAD; a GET too where the registry sends no digest on HEAD. */
export async function resolveTag(
  client: RegistryClient,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<ResolvedTag | undefined> {
  const head = await client.headManifest(repository, tag, signal);
  if (!head) return undefined;
  if (head.digest) return { digest: head.digest, mediaType: head.mediaType };
  try {
    const { digest, mediaType } = await client.getManifest(repository, tag, signal);
    return { digest, mediaType };
  } catch (error) {
    if (isCoreError(error, 'notFound')) return undefined; // went between the two requests
    throw error;
  }
}
