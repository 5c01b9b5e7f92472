/**
 * What Azure Container Registry answers about repositories, tags and manifests. Sources, all below
 * https://learn.microsoft.com/rest/api/containerregistry/: repository/get-list, repository/get-properties, tag/get-list,
 * tag/get-properties, manifests/get-list, manifests/get-properties.
 */
import * as v from 'valibot';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { isIndexType } from '../../oci/mediaType.ts';
import { isTag } from '../../oci/reference.ts';
import { isUnknownPlatform, type Platform } from '../../oci/platform.ts';
import { tolerantList } from '../api/tolerantList.ts';
import { kindByConfigType } from '../kindByConfigType.ts';
import type { TagDetails, TagLock } from '../RegistryProvider.ts';

const digest = v.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const text = v.fallback(v.nullish(v.string(), ''), '');
const time = v.fallback(
  v.optional(
    v.pipe(
      v.string(),
      v.transform((value) => new Date(value)),
      v.date(),
    ),
  ),
  undefined,
);
/** Locks: what is not said is allowed. */
const attributes = v.fallback(
  v.nullish(
    v.object({
      deleteEnabled: v.fallback(v.nullish(v.boolean(), true), true),
      writeEnabled: v.fallback(v.nullish(v.boolean(), true), true),
    }),
  ),
  undefined,
);

export const lockedThing = v.object({ changeableAttributes: attributes });

export const tagEntry = v.object({
  name: v.pipe(v.string(), v.check(isTag)),
  digest,
  createdTime: time,
  lastUpdateTime: time,
  changeableAttributes: attributes,
});
export type AcrTag = v.InferOutput<typeof tagEntry>;

export const manifestEntry = v.object({
  digest,
  imageSize: v.fallback(v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), undefined),
  createdTime: time,
  mediaType: text,
  configMediaType: text,
  architecture: text,
  os: text,
  tags: tolerantList(v.string()),
  changeableAttributes: attributes,
});
export type AcrManifest = v.InferOutput<typeof manifestEntry>;

export const repositoriesReply = v.object({ repositories: tolerantList(v.string()) });
export const tagsReply = v.object({ tags: tolerantList(tagEntry) });
export const tagReply = v.object({ tag: tagEntry });
export const manifestsReply = v.object({ manifests: tolerantList(manifestEntry) });
export const manifestReply = v.object({ manifest: manifestEntry });

export function locksOf(thing: v.InferOutput<typeof lockedThing> | undefined): TagLock[] {
  const { deleteEnabled = true, writeEnabled = true } = thing?.changeableAttributes ?? {};
  return [...(deleteEnabled ? [] : ['delete' as const]), ...(writeEnabled ? [] : ['write' as const])];
}

/**
 * What is shown of a tag. Partial where its manifest is not known, and of an index, whose entry tells the size of the
 * index itself and no platforms.
 */
export function toTagDetails(tag: AcrTag, manifest: AcrManifest | undefined): TagDetails {
  const locks = [...new Set([...locksOf(tag), ...locksOf(manifest)])];
  const createdAt = manifest?.createdTime ?? tag.createdTime ?? tag.lastUpdateTime;
  const mediaType = manifest?.mediaType ?? '';
  const kind = kindByConfigType(mediaType, manifest?.configMediaType ?? '');
  const platform = manifest && platformOf(manifest);
  return {
    digest: tag.digest,
    mediaType,
    kind,
    ...(createdAt && { createdAt }),
    ...(locks.length > 0 && { locks }),
    ...(manifest === undefined || isIndexType(mediaType)
      ? { isPartial: true }
      : {
          ...(manifest.imageSize !== undefined && { sizeInBytes: manifest.imageSize }),
          ...(platform && kind === 'image' && { platforms: [platform] }),
          ...(kind !== 'image' && kind !== 'legacy' && { artifactType: manifest.configMediaType }),
        }),
  };
}

function platformOf({ os, architecture }: AcrManifest): Platform | undefined {
  if (os === '' || architecture === '') return undefined;
  const platform = { os, architecture };
  return isUnknownPlatform(platform) ? undefined : platform;
}
