import assert from 'node:assert/strict';
import { artifactKindOf, artifactTypeName, artifactTypeOf } from '../../../src/core/oci/artifact.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { parseManifest } from '../../../src/core/oci/parseManifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function manifest(configType: string, layerTypes: readonly string[], more: object = {}, servedAs?: string) {
  const descriptor = (mediaType: string) => ({ mediaType, digest: DIGEST, size: 1 });
  const bytes = Buffer.from(
    JSON.stringify({ config: descriptor(configType), layers: layerTypes.map(descriptor), ...more }),
  );
  return parseManifest(bytes, servedAs, digestOf(bytes));
}

describe('artifactKindOf', () => {
  it('calls images images, whoever built them', () => {
    for (const made of [
      manifest(MediaType.ociConfig, [MediaType.ociLayerGzip]),
      manifest(MediaType.ociConfig, [MediaType.ociLayerZstd]),
      manifest(MediaType.dockerConfig, [MediaType.dockerLayerGzip], {}, MediaType.dockerManifest),
      manifest(MediaType.dockerConfig, ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip']),
      manifest('application/octet-stream', [MediaType.dockerLayerGzip], {}, MediaType.dockerManifest),
      manifest(MediaType.ociConfig, []),
    ]) {
      assert.equal(artifactKindOf(made), 'image');
      assert.equal(artifactTypeOf(made), undefined);
    }
  });

  it('tells signatures, attestations and files from images though they borrow image types', () => {
    const cosign = manifest(MediaType.ociConfig, ['application/vnd.dev.cosign.simplesigning.v1+json']);
    const attestation = manifest(MediaType.ociConfig, ['application/vnd.in-toto+json']);
    const file = manifest('application/vnd.unknown.config.v1+json', [MediaType.ociLayer]);
    assert.deepEqual([cosign, attestation, file].map(artifactKindOf), ['artifact', 'artifact', 'artifact']);
    assert.deepEqual([cosign, attestation, file].map(artifactTypeOf), [
      'application/vnd.dev.cosign.simplesigning.v1+json',
      'application/vnd.in-toto+json',
      MediaType.ociLayer,
    ]);
  });

  it('knows Helm charts, indexes and schema 1', () => {
    assert.equal(
      artifactKindOf(manifest(MediaType.helmConfig, ['application/vnd.cncf.helm.chart.content.v1.tar+gzip'])),
      'helm',
    );
    const index = Buffer.from('{"manifests":[]}');
    const legacy = Buffer.from('{"schemaVersion":1,"fsLayers":[]}');
    assert.equal(artifactKindOf(parseManifest(index, undefined, digestOf(index))), 'index');
    assert.equal(artifactKindOf(parseManifest(legacy, undefined, digestOf(legacy))), 'legacy');
  });

  it('names an artifact by its artifactType first', () => {
    const made = manifest(MediaType.ociEmpty, ['text/plain'], {
      artifactType: 'application/vnd.acme.rocket.v1+json',
    });
    assert.equal(artifactTypeOf(made), 'application/vnd.acme.rocket.v1+json');
    assert.equal(
      artifactTypeOf(manifest('application/vnd.acme.engine.v1', ['text/plain'])),
      'application/vnd.acme.engine.v1',
    );
  });
});

describe('artifactTypeName', () => {
  const names: Readonly<Record<string, string>> = {
    [MediaType.helmConfig]: 'Helm chart',
    'application/vnd.dev.cosign.simplesigning.v1+json': 'Cosign signature',
    'application/vnd.dev.sigstore.bundle.v0.3+json': 'Sigstore bundle',
    'application/vnd.cncf.notary.signature': 'Notation signature',
    'application/vnd.in-toto+json': 'In-toto attestation',
    'application/spdx+json': 'SBOM (SPDX)',
    'text/spdx+json': 'SBOM (SPDX)',
    'application/vnd.cyclonedx+json': 'SBOM (CycloneDX)',
    'application/vnd.wasm.config.v0+json': 'WebAssembly module',
    'application/vnd.acme.rocket.config.v1+json': 'acme.rocket',
    'application/json': 'json',
    'text/plain': 'text/plain',
    weird: 'weird',
    '': '',
  };
  for (const [type, name] of Object.entries(names)) {
    it(`calls ${type || 'nothing'} ${name || 'nothing'}`, () => assert.equal(artifactTypeName(type), name));
  }
});
