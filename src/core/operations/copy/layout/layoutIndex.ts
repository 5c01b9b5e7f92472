/** `index.json` of an OCI image layout, and where blobs lie in it. Source: OCI image-spec image-layout.md. */
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { Manifest } from '../../../oci/manifest.ts';
import { MediaType } from '../../../oci/mediaType.ts';
import type { Platform } from '../../../oci/platform.ts';

export const LAYOUT_FILE = 'oci-layout';
export const LAYOUT_CONTENT = JSON.stringify({ imageLayoutVersion: '1.0.0' });
export const INDEX_FILE = 'index.json';
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** What containerd and docker call an image in a layout: the whole reference. */
export const IMAGE_NAME = 'io.containerd.image.name';

export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The tag of an entry: its name may be a whole reference. */
export function tagOf({ annotations }: Pick<Descriptor, 'annotations'>): string | undefined {
  const name = annotations?.[REF_NAME] ?? annotations?.[IMAGE_NAME];
  if (name === undefined) return undefined;
  return /:([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(name)?.[1] ?? name;
}

export interface LayoutEntry {
  readonly manifest: Pick<Manifest, 'digest' | 'mediaType' | 'bytes'>;
  readonly tag: string | undefined;
}

/** @param others entries that were there before; those whose tag is taken now go. */
export function formatLayoutIndex(
  entries: readonly LayoutEntry[],
  others: readonly Descriptor[] = [],
): string {
  const tags = new Set(entries.map(({ tag }) => tag));
  const digests = new Set(entries.map(({ manifest }) => manifest.digest));
  const kept = others.filter((other) => {
    const tag = tagOf(other);
    return tag === undefined ? !digests.has(other.digest) : !tags.has(tag);
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [
      ...kept.map(({ sizeInBytes, platform, ...other }) => ({
        ...other,
        size: sizeInBytes,
        ...(platform && { platform: toJson(platform) }),
      })),
      ...entries.map(({ manifest, tag }) => ({
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.byteLength,
        ...(tag !== undefined && { annotations: { [REF_NAME]: tag } }),
      })),
    ],
  });
}

function toJson({ osVersion, ...platform }: Platform): Record<string, unknown> {
  return { ...platform, ...(osVersion !== undefined && { 'os.version': osVersion }) };
}
