/** Builds manifests, and the artifacts that are no images: any file, signatures and SBOMs, Helm charts. Bytes are reproducible. */
import { gzipSync } from 'node:zlib';
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { signSample } from './sampleSigner.ts';
import { createTar } from './createTar.ts';
import type { TarEntry } from './createTar.ts';

export interface BuiltBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** A manifest or index with everything that has to be in the repository before it. */
export interface BuiltManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly blobs: readonly BuiltBlob[];
  /** Manifests an index lists. */
  readonly children: readonly BuiltManifest[];
}

export type Annotations = Readonly<Record<string, string>>;

export interface ManifestParts {
  readonly config: BuiltBlob;
  readonly layers: readonly BuiltBlob[];
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly subject?: Descriptor;
  /** Docker's manifest type instead of OCI's. */
  readonly mediaType?: string;
}

/** A blob of any media type. */
export function buildBlob(
  mediaType: string,
  content: string | Uint8Array,
  annotations?: Annotations,
): BuiltBlob {
  const bytes = Buffer.from(content);
  return {
    bytes,
    descriptor: {
      mediaType,
      digest: digestOf(bytes),
      sizeInBytes: bytes.byteLength,
      ...(annotations && { annotations }),
    },
  };
}

export function buildJsonBlob(mediaType: string, value: unknown): BuiltBlob {
  return buildBlob(mediaType, JSON.stringify(value));
}

/** OCI's empty config, `{}`. */
export const EMPTY_CONFIG: BuiltBlob = buildBlob(MediaType.ociEmpty, '{}');

/** gzip without the operating system's number in its header, so that every machine makes the same bytes. */
export function gzip(bytes: Uint8Array): Buffer {
  const compressed = gzipSync(bytes, { level: 9 });
  compressed[9] = 255;
  return compressed;
}

/** Source: OCI image-spec manifest.md. */
export function buildManifest(parts: ManifestParts): BuiltManifest {
  const { config, layers, artifactType, annotations, subject, mediaType = MediaType.ociManifest } = parts;
  const bytes = Buffer.from(
    JSON.stringify(
      {
        schemaVersion: 2,
        mediaType,
        artifactType,
        config: descriptorJson(config.descriptor),
        layers: layers.map(({ descriptor }) => descriptorJson(descriptor)),
        subject: subject && descriptorJson(subject),
        annotations,
      },
      undefined,
      2,
    ),
  );
  return {
    bytes,
    blobs: [config, ...layers],
    children: [],
    descriptor: {
      mediaType,
      digest: digestOf(bytes),
      sizeInBytes: bytes.byteLength,
      ...(artifactType !== undefined && { artifactType }),
    },
  };
}

/** A descriptor as JSON has it. */
export function descriptorJson(descriptor: Descriptor): Record<string, unknown> {
  const { mediaType, digest, sizeInBytes, platform, artifactType, annotations, urls } = descriptor;
  return { mediaType, digest, size: sizeInBytes, platform, artifactType, annotations, urls };
}

/** Files as `oras push` stores them: one layer a file, its name in the title annotation. */
export function buildFileArtifact(
  artifactType: string,
  files: Readonly<Record<string, { readonly mediaType: string; readonly content: string }>>,
  annotations?: Annotations,
): BuiltManifest {
  const layers = Object.entries(files).map(([name, { mediaType, content }]) =>
    buildBlob(mediaType, content, { 'org.opencontainers.image.title': name }),
  );
  return buildManifest({ config: EMPTY_CONFIG, layers, artifactType, ...(annotations && { annotations }) });
}

/** Something attached to `subject` by the referrers API: an SBOM, a signature bundle. */
export function buildReferrer(
  subject: Descriptor,
  artifactType: string,
  content: unknown,
  annotations?: Annotations,
): BuiltManifest {
  const { mediaType, digest, sizeInBytes } = subject;
  return buildManifest({
    config: EMPTY_CONFIG,
    layers: [buildJsonBlob(artifactType, content)],
    artifactType,
    subject: { mediaType, digest, sizeInBytes },
    ...(annotations && { annotations }),
  });
}

/** A signature as cosign stores it, made with the samples' own key, and the tag it belongs under. */
export function buildCosignSignature(
  subject: Descriptor,
  dockerReference: string,
): { readonly tag: string; readonly manifest: BuiltManifest } {
  const payload = JSON.stringify({
    critical: {
      identity: { 'docker-reference': dockerReference },
      image: { 'docker-manifest-digest': subject.digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
  const signature = signSample(Buffer.from(payload)).toString('base64');
  const layer = buildBlob('application/vnd.dev.cosign.simplesigning.v1+json', payload, {
    'dev.cosignproject.cosign/signature': signature,
  });
  const config = buildJsonBlob(MediaType.ociConfig, {
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  });
  return {
    tag: `${subject.digest.replace(':', '-')}.sig`,
    manifest: buildManifest({ config, layers: [layer] }),
  };
}

export interface HelmChart {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
  readonly description: string;
  /** Files besides Chart.yaml, by path within the chart. */
  readonly files: Readonly<Record<string, string>>;
}

/** A chart as `helm push` stores it. */
export function buildHelmChart({ name, version, appVersion, description, files }: HelmChart): BuiltManifest {
  const metadata = { apiVersion: 'v2', name, version, appVersion, description, type: 'application' };
  const chartYaml = Object.entries(metadata)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
  const entries: TarEntry[] = Object.entries({ 'Chart.yaml': chartYaml, ...files }).map(
    ([path, content]) => ({ path: `${name}/${path}`, content }),
  );
  return buildManifest({
    config: buildJsonBlob(MediaType.helmConfig, metadata),
    layers: [buildBlob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', gzip(createTar(entries)))],
    annotations: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.description': description,
    },
  });
}
