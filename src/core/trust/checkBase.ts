/** Whether the base of an image has moved on since: what its tag points to now against what the image was built on. */
import { isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import { isIndexType } from '../oci/mediaType.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

/** `current`: built on what the tag is now. `newer`: the tag is on something else now. `gone`: the tag is no more. */
export type BaseState = 'current' | 'newer' | 'gone' | 'unknown';

export interface BaseCheck {
  readonly state: BaseState;
  /** What the tag points to now. */
  readonly digest?: Digest;
}

export interface BaseFacts {
  /** Of the base at the time of the build: an index, or the platform of it that was used. */
  readonly digest?: Digest;
  /** Of the image that was built on it, base first. */
  readonly layers: readonly Digest[];
  /** Of that image: `linux/amd64`. */
  readonly platform?: string;
  /** False where reading a manifest costs a pull: then only what HEAD tells counts. */
  readonly mayRead: boolean;
}

/**
 * One HEAD where the digest is known and unchanged; at most two HEADs and two GETs.
 * @throws CoreError other than `notFound`.
 */
export async function checkBase(
  registry: Pick<RegistryClient, 'headManifest' | 'getManifest'>,
  repository: string,
  tag: string,
  base: BaseFacts,
  signal: AbortSignal,
): Promise<BaseCheck> {
  const head = await registry.headManifest(repository, tag, signal);
  if (!head) return { state: 'gone' };
  const now = head.digest;
  if (now === undefined) return { state: 'unknown' };
  if (now === base.digest) return { state: 'current', digest: now };
  const isNowIndex = isIndexType(head.mediaType);
  if (base.digest !== undefined) {
    const before = await registry.headManifest(repository, base.digest, signal);
    // Only a single image may still be what the tag is on: as a platform of its index.
    const mayBeWithin = isNowIndex && !isIndexType(before?.mediaType ?? '');
    if (before && !mayBeWithin) return { state: 'newer', digest: now };
  }
  if (!base.mayRead) return { state: 'unknown', digest: now };
  try {
    return { state: await compareContent(registry, repository, now, base, signal), digest: now };
  } catch (error) {
    if (isCoreError(error, 'notFound')) return { state: 'unknown', digest: now };
    throw error;
  }
}

async function compareContent(
  registry: Pick<RegistryClient, 'getManifest'>,
  repository: string,
  now: Digest,
  { digest, layers, platform }: BaseFacts,
  signal: AbortSignal,
): Promise<BaseState> {
  const manifest = await registry.getManifest(repository, now, signal);
  if (manifest.kind === 'index') {
    if (digest !== undefined) {
      return manifest.manifests.some((entry) => entry.digest === digest) ? 'current' : 'newer';
    }
    const entry = manifest.manifests.find(
      (each) => each.platform !== undefined && formatPlatform(each.platform) === platform,
    );
    if (!entry) return 'unknown';
    const child = await registry.getManifest(repository, entry.digest, signal);
    return child.kind === 'index' ? 'unknown' : compareLayers(child.layers, layers);
  }
  return digest === undefined ? compareLayers(manifest.layers, layers) : 'newer';
}

/** An image built on another begins with exactly its layers. */
function compareLayers(base: readonly { readonly digest: Digest }[], layers: readonly Digest[]): BaseState {
  if (base.length === 0) return 'unknown';
  return base.every(({ digest }, position) => digest === layers[position]) ? 'current' : 'newer';
}
