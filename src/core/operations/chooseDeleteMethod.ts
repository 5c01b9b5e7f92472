/** Finds out how a repository lets go of a single tag, without deleting anything. */
import { randomBytes } from 'node:crypto';
import { isCoreError } from '../common/CoreError.ts';
import { digestOf } from '../oci/digest.ts';
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
    // A tag nobody can have: a registry that knows tag deletion answers 404 or 202, the others refuse.
    const nobodysTag = `berth-probe-${randomBytes(16).toString('hex')}`;
    if ((await probeDelete(client, repository, nobodysTag, signal)) === 'possible')
      return { method: 'native' };
  }
  const byDigest = await probeDeleteByDigest(client, repository, signal);
  if (byDigest !== 'possible') return { method: 'impossible', reason: byDigest };
  return { method: capabilities.deletesSingleTag === 'none' ? 'digest' : 'dummyManifest' };
}

/** Asks to delete a random digest. The client's own probe gives yes or no; the plan needs to say why not. */
export async function probeDeleteByDigest(
  client: RegistryClient,
  repository: string,
  signal: AbortSignal,
): Promise<'possible' | DeleteRefusal> {
  return probeDelete(client, repository, digestOf(randomBytes(32)), signal);
}

async function probeDelete(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal: AbortSignal,
): Promise<'possible' | DeleteRefusal> {
  try {
    await client.deleteManifest(repository, reference, signal);
    return 'possible';
  } catch (error) {
    if (isCoreError(error, 'forbidden', 'unauthorized')) return 'forbidden';
    if (isCoreError(error, 'unsupported', 'protocol', 'invalidInput')) return 'deleteDisabled';
    throw error;
  }
}
