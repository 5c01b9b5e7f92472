/** Small images and indexes, made of nothing but JSON, to push in tests. */
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import type { Digest } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';

export interface SampleManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Blobs to upload before it. */
  readonly blobs: readonly Uint8Array[];
  /** Compressed bytes of config and layers. */
  readonly sizeInBytes: number;
}

export interface SampleImageOptions {
  readonly os?: string;
  readonly architecture?: string;
  readonly created?: string;
  /** Content of the only layer; different text, different image. */
  readonly layer?: string;
  readonly subject?: SampleManifest;
  readonly artifactType?: string;
  readonly configType?: string;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function sampleImage(options: SampleImageOptions = {}): SampleManifest {
  const { os = 'linux', architecture = 'amd64', created = '2024-05-06T07:08:09Z', layer = 'layer' } = options;
  const config = encode({ os, architecture, created, rootfs: { type: 'layers', diff_ids: [] } });
  const content = new TextEncoder().encode(layer);
  const bytes = encode({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    ...(options.artifactType !== undefined && { artifactType: options.artifactType }),
    config: pointerTo(options.configType ?? MediaType.ociConfig, config),
    layers: [pointerTo(MediaType.ociLayerGzip, content)],
    ...(options.subject && { subject: pointerTo(options.subject.mediaType, options.subject.bytes) }),
  });
  return {
    mediaType: MediaType.ociManifest,
    bytes,
    digest: digestOf(bytes),
    blobs: [config, content],
    sizeInBytes: config.length + content.length,
  };
}

/** An index of `images`, each with its platform. */
export function sampleIndex(
  images: readonly (readonly [
    image: SampleManifest,
    platform: string,
    annotations?: Record<string, string>,
  ])[],
): SampleManifest {
  const manifests = images.map(([image, platform, annotations]) => {
    const [os, architecture] = platform.split('/');
    return { ...pointerTo(image.mediaType, image.bytes), platform: { os, architecture }, annotations };
  });
  const bytes = encode({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests });
  return {
    mediaType: MediaType.ociIndex,
    bytes,
    digest: digestOf(bytes),
    blobs: [],
    sizeInBytes: images.reduce((sum, [image]) => sum + image.sizeInBytes, 0),
  };
}

/** Uploads the blobs and puts the manifest on every one of `references` (its digest, where there are none). */
export async function pushSample(
  client: RegistryClient,
  repository: string,
  sample: SampleManifest,
  ...references: string[]
): Promise<void> {
  const { signal } = new AbortController();
  for (const blob of sample.blobs) await client.uploadBlob(repository, blob, signal);
  for (const reference of references.length > 0 ? references : [sample.digest]) {
    await client.putManifest(repository, reference, sample.mediaType, sample.bytes, signal);
  }
}

export function descriptorOf(bytes: Uint8Array, mediaType: string = MediaType.ociLayerGzip): Descriptor {
  return { mediaType, digest: digestOf(bytes), sizeInBytes: bytes.length };
}

function pointerTo(mediaType: string, bytes: Uint8Array) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
