import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../../../src/core/oci/parseManifest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const config = { mediaType: MediaType.ociConfig, digest: DIGEST, size: 10 };
const layer = { mediaType: MediaType.ociLayerGzip, digest: OTHER, size: 20 };

function bytesOf(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
}

function parse(document: unknown, contentType?: string) {
  const bytes = bytesOf(document);
  return parseManifest(bytes, contentType, digestOf(bytes));
}

function refusal(document: unknown, contentType?: string): string {
  try {
    parse(document, contentType);
  } catch (error) {
    assert.ok(error instanceof CoreError, String(error));
    return [error.kind, error.details.reason, error.details.subject].filter(Boolean).join(' ');
  }
  return 'accepted';
}

describe('parseManifest', () => {
  it('reads an image manifest and keeps its exact bytes', () => {
    const bytes = bytesOf(
      `{ "schemaVersion": 2,\n "config": ${JSON.stringify(config)}, "layers": [${JSON.stringify(layer)}] }`,
    );
    const manifest = parseManifest(bytes, MediaType.ociManifest, digestOf(bytes));
    assert.equal(manifest.bytes, bytes);
    assert.deepEqual(manifest, {
      kind: 'manifest',
      mediaType: MediaType.ociManifest,
      digest: digestOf(bytes),
      bytes,
      annotations: {},
      config: { mediaType: MediaType.ociConfig, digest: DIGEST, sizeInBytes: 10 },
      layers: [{ mediaType: MediaType.ociLayerGzip, digest: OTHER, sizeInBytes: 20 }],
    });
  });

  it('reads an index with platforms, annotations and a subject', () => {
    const manifest = parse({
      mediaType: MediaType.ociIndex,
      manifests: [
        {
          mediaType: MediaType.ociManifest,
          digest: DIGEST,
          size: 1,
          platform: {
            os: 'windows',
            architecture: 'amd64',
            'os.version': '10.0',
            variant: 'v2',
            'os.features': ['x'],
          },
          annotations: { a: 'b' },
          artifactType: 'x/y',
          urls: ['https://example.com/blob'],
        },
      ],
      annotations: { k: 'v' },
      artifactType: 'some/type',
      subject: { mediaType: MediaType.ociManifest, digest: OTHER, size: 3 },
    });
    assert.equal(manifest.kind, 'index');
    assert.deepEqual(manifest.kind === 'index' && manifest.manifests, [
      {
        mediaType: MediaType.ociManifest,
        digest: DIGEST,
        sizeInBytes: 1,
        annotations: { a: 'b' },
        artifactType: 'x/y',
        platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0', variant: 'v2' },
        urls: ['https://example.com/blob'],
      },
    ]);
    assert.deepEqual(manifest.annotations, { k: 'v' });
    assert.equal(manifest.artifactType, 'some/type');
    assert.equal(manifest.subject?.digest, OTHER);
  });

  it('takes the type it was served with, else its own, else its shape', () => {
    const image = { config, layers: [] };
    assert.equal(
      parse(image, `${MediaType.dockerManifest}; charset=utf-8`).mediaType,
      MediaType.dockerManifest,
    );
    assert.equal(
      parse({ ...image, mediaType: MediaType.dockerManifest }, 'text/plain').mediaType,
      MediaType.dockerManifest,
    );
    assert.equal(parse(image, 'application/json').mediaType, MediaType.ociManifest);
    assert.equal(parse({ manifests: [] }).mediaType, MediaType.ociIndex);
    assert.equal(
      parse({ manifests: [] }, MediaType.dockerIndex.toUpperCase()).mediaType,
      MediaType.dockerIndex,
    );
  });

  it('reads schema 1, signed and unsigned, base layer first', () => {
    const legacy = {
      schemaVersion: 1,
      name: 'a',
      tag: 't',
      architecture: 'arm',
      fsLayers: [{ blobSum: OTHER }, { blobSum: DIGEST }],
    };
    const unsigned = parse(legacy, 'application/json');
    const signed = parse({ ...legacy, signatures: [{ signature: 'x' }] });
    assert.equal(unsigned.mediaType, MediaType.dockerSchema1);
    assert.equal(signed.mediaType, MediaType.dockerSchema1Signed);
    assert.ok(signed.kind === 'legacy');
    assert.deepEqual([signed.name, signed.tag, signed.architecture], ['a', 't', 'arm']);
    assert.deepEqual(
      signed.layers.map((l) => [l.digest, l.sizeInBytes]),
      [
        [DIGEST, 0],
        [OTHER, 0],
      ],
    );
  });

  it('reads an artifact with the empty config, and one without layers', () => {
    const empty = { mediaType: MediaType.ociEmpty, digest: DIGEST, size: 2, data: 'e30=' };
    assert.ok(
      parse({ schemaVersion: 2, config: empty, layers: [empty], artifactType: 'a/b' }).kind === 'manifest',
    );
    const bare = parse({ config: empty });
    assert.deepEqual(bare.kind === 'manifest' && bare.layers, []);
  });

  it('tolerates null, unknown fields and informative fields of wrong types', () => {
    const manifest = parse({
      config: { ...config, annotations: null, platform: { os: '' }, urls: null, 'x-y': 1 },
      layers: null,
      manifests: null,
      subject: null,
      annotations: { good: 'x', bad: 7 },
      artifactType: 5,
      schemaVersion: '2',
      mediaType: null,
      unknown: { deep: [] },
    });
    assert.deepEqual(manifest.annotations, { good: 'x' });
    assert.equal(manifest.artifactType, undefined);
    assert.deepEqual(manifest.kind === 'manifest' && manifest.config, {
      mediaType: MediaType.ociConfig,
      digest: DIGEST,
      sizeInBytes: 10,
    });
    assert.deepEqual(parse({ config, annotations: null }).annotations, {});
    const index = parse({ manifests: null }, MediaType.ociIndex);
    assert.deepEqual(index.kind === 'index' && index.manifests, []);
  });

  it('refuses a document that is both an index and an image', () => {
    const expected = 'protocol manifestsAndLayers';
    assert.equal(refusal({ manifests: [], layers: [] }), expected);
    assert.equal(refusal({ manifests: [], config }, MediaType.ociIndex), expected);
    assert.equal(refusal({ manifests: [layer], layers: [layer], config }, MediaType.ociManifest), expected);
    assert.equal(refusal({ manifests: [], fsLayers: [] }), expected);
  });

  it('refuses a document served as another kind than it is', () => {
    assert.equal(refusal({ config, layers: [] }, MediaType.ociIndex), 'protocol mediaTypeMismatch');
    assert.equal(refusal({ manifests: [] }, MediaType.dockerManifest), 'protocol mediaTypeMismatch');
    assert.equal(refusal({ mediaType: MediaType.ociIndex, config }), 'protocol mediaTypeMismatch');
  });

  it('refuses over 4 MiB, and takes exactly 4 MiB', () => {
    const padded = (length: number) => JSON.stringify({ config }).padEnd(length, ' ');
    assert.equal(refusal(padded(MAX_MANIFEST_BYTES)), 'accepted');
    assert.equal(refusal(padded(MAX_MANIFEST_BYTES + 1)), 'tooLarge manifest');
  });

  it('refuses what is no JSON, no object or no manifest', () => {
    assert.equal(refusal('<html>', 'text/html'), 'protocol notJson manifest');
    assert.equal(refusal(''), 'protocol notJson manifest');
    for (const document of [null, 1, '"x"', [], {}, { layers: [] }, { hello: 'world' }]) {
      assert.equal(refusal(document), 'protocol unknownManifest', JSON.stringify(document));
    }
    assert.throws(
      () => parseManifest(Uint8Array.of(0x22, 0xff, 0x22), undefined, digestOf(new Uint8Array())),
      CoreError,
    );
  });

  it('refuses bad descriptors and names the field', () => {
    const index = (descriptor: object) => refusal({ manifests: [layer, descriptor] });
    for (const size of [-1, 1.5, '5', null, 2 ** 53, undefined]) {
      assert.equal(index({ ...layer, size }), 'protocol badDescriptor manifests.1.size', String(size));
    }
    for (const digest of ['', 'sha256:abc', DIGEST.toUpperCase(), `md5:${'a'.repeat(32)}`, '../../x', null]) {
      assert.equal(index({ ...layer, digest }), 'protocol badDescriptor manifests.1.digest', String(digest));
    }
    assert.equal(refusal({ config: { ...config, digest: 'x' } }), 'protocol badDescriptor config.digest');
    assert.equal(refusal({ config, subject: {} }), 'protocol badDescriptor subject.digest');
    assert.equal(refusal({ config, layers: {} }), 'protocol badDescriptor layers');
    assert.equal(
      refusal({ fsLayers: [{ blobSum: 'tarsum:x' }] }),
      'protocol badDescriptor fsLayers.0.blobSum',
    );
  });

  it('throws nothing but CoreError, whatever the registry sends', () => {
    const field = fc.constantFrom(
      'config',
      'layers',
      'manifests',
      'fsLayers',
      'annotations',
      'subject',
      'mediaType',
      '__proto__',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(config, [layer], [layer, null], MediaType.ociIndex),
    );
    fc.assert(
      fc.property(
        fc.dictionary(field, value),
        fc.option(fc.constantFrom(...Object.values(MediaType))),
        (document, type) => {
          const json = JSON.stringify(document);
          if (refusal(json, type ?? undefined) !== 'accepted') return;
          const manifest = parse(json, type ?? undefined);
          assert.ok(['manifest', 'index', 'legacy'].includes(manifest.kind));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
