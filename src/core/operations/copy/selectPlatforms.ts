/** An index cut down to some of its platforms. What is left keeps its own bytes; the index itself gets new ones. */
import { CoreError } from '../../common/CoreError.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf } from '../../oci/digest.ts';
import type { IndexManifest } from '../../oci/manifest.ts';
import { parseManifest } from '../../oci/parseManifest.ts';
import { formatPlatform, isUnknownPlatform } from '../../oci/platform.ts';

/** Platforms that can be chosen, as `formatPlatform` writes them, each once, in the index's order. */
export function platformsOf(index: IndexManifest): string[] {
  const names = index.manifests.flatMap(({ platform }) =>
    platform && !isUnknownPlatform(platform) ? [formatPlatform(platform)] : [],
  );
  return [...new Set(names)];
}

/**
 * The index with only the entries of `platforms`, and of BuildKit's attestations those that speak about them. Fields we
 * do not know stay. Choosing all of them gives the index as it is.
 * @throws CoreError `notFound` with reason `noPlatform` where the index has none of one of them.
 */
export function selectPlatforms(index: IndexManifest, platforms: readonly string[]): IndexManifest {
  const has = platformsOf(index);
  const missing = platforms.find((platform) => !has.includes(platform));
  if (missing !== undefined || platforms.length === 0) throw noPlatform(missing ?? '');
  if (has.every((platform) => platforms.includes(platform))) return index;
  const chosen = new Set(
    index.manifests
      .filter(({ platform }) => platform && platforms.includes(formatPlatform(platform)))
      .map(({ digest }) => digest as string),
  );
  const isKept = (entry: Descriptor): boolean =>
    chosen.has(entry.digest) || chosen.has(entry.annotations?.['vnd.docker.reference.digest'] ?? '');
  const document = JSON.parse(new TextDecoder().decode(index.bytes)) as { manifests: unknown[] };
  const manifests = document.manifests.filter((_, at) => isKept(index.manifests[at]!));
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests }));
  const selected = parseManifest(bytes, index.mediaType, digestOf(bytes));
  return selected as IndexManifest;
}

/** The one entry of a platform: what makes an image for that platform alone. */
export function entryOfPlatform(index: IndexManifest, platform: string): Descriptor {
  const entry = index.manifests.find((each) => each.platform && formatPlatform(each.platform) === platform);
  if (!entry) throw noPlatform(platform);
  return entry;
}

function noPlatform(platform: string): CoreError {
  return new CoreError('notFound', `the index has no ${platform}`, {
    subject: platform,
    reason: 'noPlatform',
  });
}
