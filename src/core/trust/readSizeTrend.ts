/** How the size of a repository's image has changed over its latest tags. */
import pLimit from 'p-limit';
import type { Digest } from '../oci/digest.ts';
import { isAttachmentTag } from '../oci/attachmentTag.ts';
import { firstTags } from '../oci/tagOrder.ts';
import type { RegistryProvider, TagDetails } from '../providers/RegistryProvider.ts';
import type { SizePoint, SizeTrendView } from './SupplyChainView.ts';

/** Tags whose details are read, where the list does not carry them. */
const MAX_TAGS = 15;
const PARALLEL_READS = 4;

/**
 * One page of tags, and the details of at most 15: what the list or the cache of the provider does not know already.
 * @param shown digest and tag that are shown: a point of their own, even where they are older.
 * @throws CoreError where the tags cannot be listed; a tag whose details cannot be read is left out.
 */
export async function readSizeTrend(
  provider: Pick<RegistryProvider, 'listTags' | 'getTagDetails'>,
  repository: string,
  shown: { readonly digest: string; readonly reference: string },
  signal: AbortSignal,
): Promise<SizeTrendView> {
  const page = await provider.listTags(repository, undefined, signal);
  const tags = page.items.filter(({ name }) => !isAttachmentTag(name));
  const latest = firstTags(tags, 'version', MAX_TAGS);
  const own = tags.find(({ name }) => name === shown.reference);
  if (own && !latest.includes(own)) latest.splice(-1, 1, own);
  const limit = pLimit(PARALLEL_READS);
  const known = await Promise.all(
    latest.map(({ name, details }) =>
      limit(async () => {
        if (details && details.isPartial !== true) return { name, details };
        try {
          return { name, details: await provider.getTagDetails(repository, name, signal) };
        } catch (error) {
          if (signal.aborted) throw error;
          return undefined;
        }
      }),
    ),
  );
  return toTrend(
    known.filter((each) => each !== undefined),
    shown.digest,
  );
}

/** @param tags the highest version first. */
function toTrend(
  tags: readonly { readonly name: string; readonly details: TagDetails }[],
  shownDigest: string,
): SizeTrendView {
  const byDigest = new Map<Digest, { readonly names: string[]; readonly details: TagDetails }>();
  for (const { name, details } of tags) {
    if (details.sizeInBytes === undefined || (details.kind !== 'image' && details.kind !== 'index')) continue;
    const same = byDigest.get(details.digest);
    if (same) same.names.push(name);
    else byDigest.set(details.digest, { names: [name], details });
  }
  const images = [...byDigest.values()].reverse();
  if (images.every(({ details }) => details.createdAt)) {
    images.sort((a, b) => a.details.createdAt!.getTime() - b.details.createdAt!.getTime());
  }
  return {
    points: images.map(({ names, details }): SizePoint => {
      // `v2.0.0` says more than `latest` and `v2`.
      const [tag = '', ...otherTags] = [...names].sort((a, b) => dotsOf(b) - dotsOf(a));
      return {
        tag,
        otherTags,
        sizeInBytes: details.sizeInBytes ?? 0,
        ...(details.createdAt && { createdAt: details.createdAt.toISOString() }),
        isShown: details.digest === shownDigest,
      };
    }),
    isOverPlatforms: images.some(({ details }) => details.kind === 'index'),
  };
}

function dotsOf(tag: string): number {
  return tag.split('.').length;
}
