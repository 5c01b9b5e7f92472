/** eStargz and zstd:chunked as their makers' tools write them, held against the archive they were made of. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { openImageFiles, type ImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';
import { toEstargz, toZstd, type ConvertedLayer } from '../../../support/layers/convertLayer.ts';

const { signal } = new AbortController();

const CONVERTERS = {
  eStargz: toEstargz,
  'zstd:chunked': (tar: Buffer) => toZstd(tar, 'zstd:chunked'),
  zstd: (tar: Buffer) => toZstd(tar, 'zstd'),
} satisfies Record<string, (tar: Buffer) => Promise<ConvertedLayer>>;

describe('Layers with a table of contents', () => {
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  let tar: Buffer;
  before(async () => {
    indexes = new TestIndexer();
    indexer = indexes.create();
    tar = await packTar([
      packed('etc/'),
      packed('etc/small', 'ten bytes\n'),
      {
        ...packed('etc/script', '#!/bin/sh\n'),
        mode: 0o4755,
        uid: 7,
        gid: 8,
        mtime: new Date(1_700_000_000_000),
      },
      packed('big', randomBytes(9_000_000)),
      packed('zeros', Buffer.alloc(5_000_000)),
      packed('empty'),
      packed('link', '', 'etc/small'),
      { name: 'hard', type: 'link', linkname: 'big' },
      { name: 'tty', type: 'character-device', devmajor: 5, devminor: 1 },
      packed('gone/.wh.file'),
      ...Array.from({ length: 500 }, (_, i) => packed(`many/file-${i}`, `content of ${i} `.repeat(i % 40))),
    ]);
  });
  after(() => indexes[Symbol.dispose]());

  async function open(source: MemoryBlobSource, layer: ConvertedLayer): Promise<ImageFiles> {
    const descriptor = source.add(layer.bytes, layer.mediaType, layer.annotations);
    return openImageFiles([descriptor], { source, indexer, signal });
  }

  async function listing(files: ImageFiles): Promise<unknown[]> {
    const entries = [...files.walk()];
    const contents = new Map<string, string>();
    for await (const { file, content } of files.openAll(entries, signal)) {
      const parts: Buffer[] = [];
      for await (const chunk of content) parts.push(Buffer.from(chunk));
      contents.set(file.path, Buffer.concat(parts).toString('base64'));
    }
    return entries.map(({ path, type, mode, owner, sizeInBytes, modifiedAtSeconds, linkTarget, device }) => [
      path,
      type,
      mode,
      owner.userId,
      owner.groupId,
      sizeInBytes,
      Math.floor(modifiedAtSeconds),
      linkTarget,
      device?.major,
      contents.get(path),
    ]);
  }

  for (const [name, convert] of Object.entries(CONVERTERS)) {
    it(`hold the same files as the archive (${name})`, async () => {
      const source = new MemoryBlobSource();
      const plain = await openImageFiles([source.add(gzipSync(tar))], { source, indexer, signal });
      const lazy = await open(source, await convert(tar));
      assert.deepEqual(await listing(lazy), await listing(plain));
    });
  }

  for (const name of ['eStargz', 'zstd:chunked'] as const) {
    it(`are listed and read in three requests at most and without the rest of the layer (${name})`, async () => {
      const source = new MemoryBlobSource();
      const layer = await CONVERTERS[name](tar);
      const files = await open(source, layer);
      assert.equal(files.layers[0]?.index.meta.compression, 'chunks');
      const content = await files.readFile(files.resolve('/link'), 1e6, signal);
      assert.equal(content.toString(), 'ten bytes\n');
      assert.ok(source.requests.length <= 3, JSON.stringify(source.requests));
      assert.ok(source.bytesRead < 300_000, `${source.bytesRead} bytes`);
      const part = await files.readFile(files.resolve('/big'), 1e6, signal, {
        offset: 8_500_000,
        length: 1000,
      });
      assert.equal(part.length, 1000);
      assert.ok(source.bytesRead < 6_000_000);
    });

    it(`are streamed where the table is not what the annotation promises (${name})`, async () => {
      const source = new MemoryBlobSource();
      const layer = await CONVERTERS[name](tar);
      const wrong = `sha256:${'0'.repeat(64)}`;
      const annotations = Object.fromEntries(
        Object.entries(layer.annotations).map(([key, value]) => [
          key,
          /^sha256:/.test(value) ? wrong : value,
        ]),
      );
      const files = await open(source, { ...layer, annotations });
      assert.notEqual(files.layers[0]?.index.meta.compression, 'chunks');
      assert.equal(
        (await files.readFile(files.resolve('/etc/small'), 100, signal)).toString(),
        'ten bytes\n',
      );
    });

    it(`are streamed where the source gives no parts (${name})`, async () => {
      const source = new MemoryBlobSource(false);
      const layer = await CONVERTERS[name](await packTar([packed(`only/${name.length}`, 'x')]));
      const files = await open(source, layer);
      assert.notEqual(files.layers[0]?.index.meta.compression, 'chunks');
    });

    it(`give no bytes that are not what the table says (${name})`, async () => {
      const source = new MemoryBlobSource();
      const unique = await packTar([packed('a', randomBytes(2_000_000))]);
      const layer = await CONVERTERS[name](unique);
      const descriptor = source.add(layer.bytes, layer.mediaType, layer.annotations);
      const files = await openImageFiles([descriptor], { source, indexer, signal });
      source.corrupt(descriptor, (bytes) => {
        bytes[1_000_000]! ^= 1;
        return bytes;
      });
      await assert.rejects(files.readFile(files.resolve('/a'), 1e7, signal), (error) =>
        isCoreError(error, 'digestMismatch', 'protocol'),
      );
    });
  }

  it('are found without an annotation, by the footer of eStargz', async () => {
    const source = new MemoryBlobSource();
    const { bytes, mediaType } = await toEstargz(
      await packTar([packed('unannounced', randomBytes(2_000_000))]),
    );
    const files = await open(source, { bytes, mediaType, annotations: {} });
    assert.equal(files.layers[0]?.index.meta.compression, 'chunks');
    assert.ok(source.bytesRead < 300_000, `${source.bytesRead} bytes`);
  });

  const ANNOUNCED = { 'containerd.io/snapshot/stargz/toc.digest': `sha256:${'0'.repeat(64)}` };
  for (const [what, size, annotations] of [
    ['whose end was looked at', 3_000_000, {}],
    ['that only claims to have a table', 300_000, ANNOUNCED],
    ['that is no longer than what was looked at', 1_000, ANNOUNCED],
  ] as const) {
    it(`take no byte twice of a layer ${what}`, async () => {
      const source = new MemoryBlobSource();
      const bytes = gzipSync(await packTar([packed('plain', randomBytes(size))]));
      const files = await open(source, { bytes, mediaType: MediaType.ociLayerGzip, annotations });
      assert.equal(files.layers[0]?.index.meta.compression, 'gzip');
      assert.equal(source.bytesRead, bytes.length);
      assert.equal((await files.readFile(files.resolve('/plain'), size, signal)).length, size);
    });
  }

  it('are streamed anew, their end too, where that does not fit the digest', async () => {
    const source = new MemoryBlobSource();
    const bytes = gzipSync(await packTar([packed('torn', randomBytes(2_000_000))]));
    const descriptor = source.add(bytes);
    source.corrupt(descriptor, (torn) => torn.fill(0, bytes.length - 8));
    const opened = source.open.bind(source);
    source.open = (each, ...rest) => {
      const stream = opened(each, ...rest);
      // Only the first read, of the end, was of another content.
      source.corrupt(descriptor, () => bytes);
      return stream;
    };
    const files = await openImageFiles([descriptor], { source, indexer, signal });
    assert.deepEqual(source.requests.slice(1), [{ offset: 0, length: bytes.length - 51 }, 'whole']);
    assert.equal(files.get('/torn')?.sizeInBytes, 2_000_000);
  });
});
