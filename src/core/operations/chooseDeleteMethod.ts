/** Finds out how a repository lets go of a single tag, without deleting anything. */
import { randomBytes } from 'node:crypto';
import { isCoreError } from '../common/CoreError.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';

/**
 * `native`: the registry removes one tag. `dummyManifest`: the tag is moved to a throw-away manifest, which is then
 * deleted by digest. `digest`: the manifest goes, and every tag on it. `impossible`: nothing can be deleted.
 */
export type DeleteMethod = 'native' | 'dummyManifest' | 'digest' | 'impossible';

export type DeleteMethodChoice =
  | { readonly method: Exclude<DeleteMethod, 'impossible'> }
  /** `deleteDisabled`: the registry's settings; `forbidden`: these credentials may not. */
  | { readonly method: 'impossible'; readonly reason: 'deleteDisabled' | 'forbidden' };

export async function chooseDeleteMethod(
  provider: RegistryProvider,
  repository: string,
  signal: AbortSignal,
): Promise<DeleteMethodChoice> {
  const { deletesSingleTag } = provider.capabilities;
  if (deletesSingleTag === 'native') return { method: 'native' };
  try {
    if (deletesSingleTag === 'probe' && (await deletesTags(provider, repository, signal))) {
      return { method: 'native' };
    }
    if (!(await provider.client.probeDeleteByDigest(repository, signal))) {
      return { method: 'impossible', reason: 'deleteDisabled' };
    }
  } catch (error) {
    if (isCoreError(error, 'forbidden', 'unauthorized')) return { method: 'impossible', reason: 'forbidden' };
    throw error;
  }
  return { method: deletesSingleTag === 'none' ? 'digest' : 'dummyManifest' };
}

/** Deletes a tag nobody can have (80 random bits): a registry that knows tag deletion says 404 or 202, the others refuse. */
async function deletesTags(
  provider: RegistryProvider,
  repository: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await provider.client.deleteManifest(
      repository,
      `berth-probe-${randomBytes(10).toString('hex')}`,
      signal,
    );
    return true;
  } catch (error) {
    if (isCoreError(error, 'unsupported')) return false;
    throw error;
  }
}
