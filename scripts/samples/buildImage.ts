/** Builds runnable-looking images from a list of build steps, the way a Dockerfile does. Bytes are reproducible. */
import type { Digest } from '../../src/core/oci/digest.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import type { Platform } from '../../src/core/oci/platform.ts';
import { buildBlob, buildJsonBlob, buildManifest, gzip } from './buildArtifact.ts';
import type { Annotations, BuiltBlob, BuiltManifest } from './buildArtifact.ts';
import { createTar } from './createTar.ts';
import type { TarEntry } from './createTar.ts';

export interface BuiltLayer extends BuiltBlob {
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest;
}

export interface BuildStep {
  /** The Dockerfile line: `RUN apk add curl`. */
  readonly createdBy: string;
  /** Absent for a step that changes only the configuration. */
  readonly layer?: BuiltLayer;
}

/** The `config` object. Source: OCI image-spec config.md. */
export interface ContainerConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
}

export interface ImageDefinition {
  readonly platform: Platform;
  readonly createdAt: Date;
  readonly steps: readonly BuildStep[];
  readonly config?: ContainerConfig;
  readonly author?: string;
  readonly annotations?: Annotations;
  /** `docker` for Docker's own media types; OCI unless told otherwise. */
  readonly flavour?: 'oci' | 'docker';
}

/** A tar+gzip layer. */
export function buildLayer(entries: readonly TarEntry[], flavour: 'oci' | 'docker' = 'oci'): BuiltLayer {
  const tar = createTar(entries);
  const mediaType = flavour === 'oci' ? MediaType.ociLayerGzip : MediaType.dockerLayerGzip;
  return { ...buildBlob(mediaType, gzip(tar)), diffId: digestOf(tar) };
}

/** One platform's image. Its descriptor carries the platform, ready for buildIndex. */
export function buildImage(definition: ImageDefinition): BuiltManifest {
  const { platform, createdAt, steps, config, author, annotations, flavour = 'oci' } = definition;
  const created = createdAt.toISOString();
  const layers = steps.map(({ layer }) => layer).filter((layer) => layer !== undefined);
  const configBlob = buildJsonBlob(flavour === 'oci' ? MediaType.ociConfig : MediaType.dockerConfig, {
    created,
    author,
    architecture: platform.architecture,
    os: platform.os,
    variant: platform.variant,
    config: config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: steps.map(({ createdBy, layer }) => ({
      created,
      created_by: layer ? `${createdBy} # buildkit` : createdBy,
      comment: 'buildkit.dockerfile.v0',
      empty_layer: layer ? undefined : true,
    })),
  });
  const manifest = buildManifest({
    config: configBlob,
    layers,
    mediaType: flavour === 'oci' ? MediaType.ociManifest : MediaType.dockerManifest,
    ...(annotations && { annotations }),
  });
  return { ...manifest, descriptor: { ...manifest.descriptor, platform } };
}
