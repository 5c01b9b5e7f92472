/** Finds out how a repository lets go of a single tag, without deleting anything. */
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

/**
 * `native`: the registry removes one tag. `dummyManifest`: the tag is moved to a throw-away manifest, which is then
 * deleted by digest. `digest`: the manifest goes, and every tag on it. `impossible`: nothing can be deleted.
 */
export type DeleteMethod = 'native' | 'dummyManifest' | 'digest' | 'impossible';

/** `deleteDisabled`: by the registry's settings, or it never could; `forbidden`: these credentials may not. */
export type DeleteRefusal = 'deleteDisabled' | 'forbidden';

export type DeleteMethodChoice =
  | { readonly method: Exclude<DeleteMethod, 'impossible'> }
  | { readonly method: 'impossible'; readonly reason: DeleteRefusal };

export async function chooseDeleteMethod(
  provider: RegistryProvider,
  repository: string,
  signal: AbortSignal,
): Promise<DeleteMethodChoice> {
  const { client, capabilities } = provider;
  if (capabilities.deletesSingleTag === 'native') return { method: 'native' };
  if (capabilities.deletesSingleTag === 'probe') {
    const byTag = await client.probes.deleteByTag(repository, signal);
    if (byTag.answer === 'yes') return { method: 'native' };
  }
  const byDigest = await probeDeleteByDigest(client, repository, signal);
  if (byDigest !== 'possible') return { method: 'impossible', reason: byDigest };
  return { method: capabilities.deletesSingleTag === 'none' ? 'digest' : 'dummyManifest' };
}

/** Whether manifests can be deleted, and why not. */
export async function probeDeleteByDigest(
  client: RegistryClient,
  repository: string,
  signal: AbortSignal,
): Promise<'possible' | DeleteRefusal> {
  const { answer, reason } = await client.probes.deleteByDigest(repository, signal);
  if (answer === 'yes') return 'possible';
  return reason === 'signInNeeded' || reason === 'notAllowed' ? 'forbidden' : 'deleteDisabled';
}
