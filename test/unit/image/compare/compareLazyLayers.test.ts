/** Files of layers with a table of contents, which has no checksums: told apart by the digests of their parts, or read. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { compareFiles } from '../../../../src/core/image/compare/compareFiles.ts';
import { openComparedFiles } from '../../../../src/core/image/compare/openComparedFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { toEstargz, toZstd, type ConvertedLayer } from '../../../support/layers/convertLayer.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();
const MB = 1024 * 1024;
const LAZY = {
  eStargz: toEstargz,
  'zstd:chunked': (tar: Buffer) => toZstd(tar, 'zstd:chunked'),
} satisfies Record<string, (tar: Buffer) => Promise<ConvertedLayer>>;

async function toGzip(tar: Buffer): Promise<ConvertedLayer> {
  return { bytes: gzipSync(tar), mediaType: MediaType.ociLayerGzip, annotations: {} };
}

describe('Comparing layers with a table of contents', () => {
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  let source: MemoryBlobSource;
  beforeEach(() => {
    indexes = new TestIndexer();
    indexer = indexes.create();
    source = new MemoryBlobSource();
  });
  afterEach(() => indexes[Symbol.dispose]());

  async function open(before: ConvertedLayer, after: ConvertedLayer) {
    const [left, right] = [before, after].map(({ bytes, mediaType, annotations }) =>
      source.add(bytes, mediaType, annotations),
    );
    return openComparedFiles({ layers: [left!], source }, { layers: [right!], source }, { indexer, signal });
  }

  const asText = async (compared: Awaited<ReturnType<typeof open>>): Promise<string[]> =>
    (await compareFiles(compared, signal)).map(
      ({ kind, path, isCertain }) => `${kind} ${path}${isCertain ? '' : '?'}`,
    );

  /** Equal sizes, so that only content tells them apart. */
  const before = () =>
    packTar([
      packed('same', 'same'),
      packed('text', 'old!'),
      packed('large', Buffer.alloc(5 * MB, 'same content ')),
      packed('end', `${'x'.repeat(5 * MB)}old`),
      packed('zeros', Buffer.alloc(MB)),
      packed('mode', 'content'),
    ]);
  const after = () =>
    packTar([
      { ...packed('same', 'same'), mtime: new Date(1e12) },
      packed('text', 'new!'),
      packed('large', Buffer.alloc(5 * MB, 'same content ')),
      packed('end', `${'x'.repeat(5 * MB)}new`),
      packed('zeros', Buffer.alloc(MB)),
      { ...packed('mode', 'content'), mode: 0o755 },
    ]);
  const EXPECTED = ['changed /end', 'metadata /mode', 'changed /text'];

  for (const [name, convert] of Object.entries(LAZY)) {
    it(`takes the digests of their parts, and reads no file (${name})`, async () => {
      const compared = await open(await convert(await before()), await convert(await after()));
      for (const { files } of [compared.before, compared.after])
        assert.equal(files.layers[0]?.index.meta.compression, 'chunks');
      const requests = source.requests.length;
      assert.deepEqual(await asText(compared), EXPECTED);
      assert.equal(source.requests.length, requests);
    });

    it(`reads what only a table on one side knows, the other having checksums (${name})`, async () => {
      const lazy = await convert(await before());
      assert.deepEqual(await asText(await open(lazy, await toGzip(await after()))), EXPECTED);
      assert.deepEqual(await asText(await open(await toGzip(await after()), lazy)), EXPECTED);
    });
  }

  it('compares parts that are cut alike in two formats, and reads those that are not', async () => {
    const [left, right] = [await toEstargz(await before()), await LAZY['zstd:chunked'](await after())];
    assert.deepEqual(await asText(await open(left, right)), EXPECTED);
  });

  it('judges files over the bound by their times, and says that it is not certain', async () => {
    const large = (content: string, time: number) =>
      packTar([
        { ...packed('moved', Buffer.alloc(33 * MB, content)), mtime: new Date(time) },
        packed('small', content),
      ]);
    const compared = await open(
      await toEstargz(await large('a', 1e12)),
      await toGzip(await large('b', 2e12)),
    );
    assert.deepEqual(await asText(compared), ['changed /moved?', 'changed /small']);
    const untouched = await open(
      await toEstargz(await large('a', 1e12)),
      await toGzip(await large('c', 1e12)),
    );
    assert.deepEqual(await asText(untouched), ['changed /small']);
  });
});
