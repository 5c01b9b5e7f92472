/** Builds multi-platform indexes, with attestations as BuildKit adds them. Bytes are reproducible. */
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { buildBlob, buildJsonBlob, buildManifest, descriptorJson } from './buildArtifact.ts';
import type { Annotations, BuiltManifest } from './buildArtifact.ts';

/** Source: OCI image-spec image-index.md. */
export function buildIndex(children: readonly BuiltManifest[], annotations?: Annotations): BuiltManifest {
  const bytes = Buffer.from(
    JSON.stringify(
      {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: children.map(({ descriptor }) => descriptorJson(descriptor)),
        annotations,
      },
      undefined,
      2,
    ),
  );
  return {
    bytes,
    blobs: [],
    children,
    descriptor: { mediaType: MediaType.ociIndex, digest: digestOf(bytes), sizeInBytes: bytes.byteLength },
  };
}

/** What BuildKit stores beside `image`: in-toto statements, one layer each, under platform `unknown/unknown`. */
export function buildAttestation(
  image: BuiltManifest,
  predicates: Readonly<Record<string, unknown>>,
): BuiltManifest {
  const layers = Object.entries(predicates).map(([predicateType, predicate]) =>
    buildBlob(
      'application/vnd.in-toto+json',
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v0.1',
        predicateType,
        subject: [{ name: '_', digest: { sha256: image.descriptor.digest.slice('sha256:'.length) } }],
        predicate,
      }),
      { 'in-toto.io/predicate-type': predicateType },
    ),
  );
  const config = buildJsonBlob(MediaType.ociConfig, {
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ descriptor }) => descriptor.digest) },
  });
  const manifest = buildManifest({ config, layers });
  return {
    ...manifest,
    descriptor: {
      ...manifest.descriptor,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': image.descriptor.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    },
  };
}
