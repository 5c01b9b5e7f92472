import assert from 'node:assert/strict';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { openImageFiles, type ImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import type { Descriptor } from '../../../../src/core/oci/descriptor.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

describe('ImageFiles', () => {
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  before(() => {
    indexes = new TestIndexer();
    indexer = indexes.create();
  });
  after(() => indexes[Symbol.dispose]());

  async function open(...layers: (readonly PackedEntry[])[]): Promise<ImageFiles> {
    const source = new MemoryBlobSource();
    const descriptors: Descriptor[] = [];
    for (const entries of layers) descriptors.push(source.add(gzipSync(await packTar(entries))));
    return openImageFiles(descriptors, { source, indexer, signal });
  }

  const text = async (files: ImageFiles, path: string): Promise<string> =>
    (await files.readFile(files.resolve(path), 1e6, signal)).toString();
  const names = (files: ImageFiles, path: string): string[] =>
    files.readDirectory(path).map(({ name }) => name);
  const all = (files: ImageFiles): string[] => [...files.walk()].map(({ path }) => path);

  it('shows the topmost of two files and says which layer it comes from', async () => {
    const files = await open([packed('etc/a', 'old'), packed('etc/b', 'b')], [packed('etc/a', 'new')]);
    assert.deepEqual(all(files), ['/etc', '/etc/a', '/etc/b']);
    assert.equal(await text(files, '/etc/a'), 'new');
    assert.equal(files.get('/etc/a')?.layer, 1);
    assert.equal(files.get('/etc/b')?.layer, 0);
  });

  it('hides what a whiteout deletes, in lower layers only', async () => {
    const files = await open(
      [packed('dir/a', '1'), packed('dir/b', '2'), packed('gone/x', '3')],
      [packed('dir/.wh.a'), packed('.wh.gone'), packed('dir/c', '4')],
      [packed('dir/a', 'again')],
    );
    assert.deepEqual(all(files), ['/dir', '/dir/a', '/dir/b', '/dir/c']);
    assert.equal(await text(files, '/dir/a'), 'again');
  });

  it('hides everything below an opaque directory, wherever the marker stands in its layer', async () => {
    const files = await open(
      [packed('dir/a', '1'), packed('dir/sub/b', '2')],
      [packed('dir/new', '3'), packed('dir/.wh..wh..opq'), packed('dir/sub/c', '4')],
    );
    assert.deepEqual(all(files), ['/dir', '/dir/new', '/dir/sub', '/dir/sub/c']);
  });

  it('lets an entry of another type replace what was there', async () => {
    const files = await open(
      [packed('a/inside', '1'), packed('b', '2')],
      [packed('a', 'file'), packed('b/', ''), packed('b/c', '3')],
      [packed('a/', ''), packed('a/fresh', '4')],
    );
    assert.deepEqual(all(files), ['/a', '/a/fresh', '/b', '/b/c']);
  });

  it('treats a whiteout beside the directory it names as opaque', async () => {
    const files = await open([packed('d/old', '1')], [packed('.wh.d'), packed('d/new', '2')]);
    assert.deepEqual(names(files, '/d'), ['new']);
  });

  it('keeps the facts of a directory that a higher layer only mentions', async () => {
    const files = await open(
      [{ name: 'srv/', type: 'directory', mode: 0o700, uid: 7 }],
      [packed('srv/x', '1')],
    );
    const { mode, owner, isImplicit } = files.get('/srv')!;
    assert.deepEqual([mode, owner.userId, isImplicit], [0o700, 7, false]);
  });

  it('follows links inside the image and never out of it', async () => {
    const files = await open([
      packed('real/file', 'content'),
      packed('absolute', '', '/real/file'),
      packed('real/up', '', '../../../../real/file'),
      packed('dir', '', 'real'),
      packed('loop', '', 'loop2'),
      packed('loop2', '', '/loop'),
      packed('dangling', '', 'nowhere'),
    ]);
    assert.equal(await text(files, '/absolute'), 'content');
    assert.equal(await text(files, '/dir/up'), 'content');
    assert.equal(files.resolve('/dir/../../dir/file').path, '/real/file');
    assert.deepEqual(names(files, '/dir'), ['file', 'up']);
    assert.equal(files.lookUp('/dir/up').linkTarget, '../../../../real/file');
    assert.equal(files.lookUp('/dir/file').path, '/real/file');
    assert.throws(
      () => files.resolve('/loop'),
      (error) => isCoreError(error, 'notFound') && error.details.reason === 'linkLoop',
    );
    assert.throws(
      () => files.resolve('/dangling'),
      (error) => isCoreError(error, 'notFound'),
    );
    assert.equal(files.get('/loop')?.linkTarget, 'loop2');
  });

  it('reads a hard link whose file is in a lower layer', async () => {
    const files = await open(
      [packed('bin/tool', 'tool')],
      [{ name: 'bin/alias', type: 'link', linkname: 'bin/tool' }],
    );
    assert.equal(await text(files, '/bin/alias'), 'tool');
    assert.equal(files.get('/bin/alias')?.isHardLink, true);
  });

  it('says what one layer added, changed and deleted', async () => {
    const files = await open(
      [
        packed('keep/', ''),
        packed('keep/a', '1'),
        packed('keep/b', '2'),
        packed('opq/x', '3'),
        packed('opq/y', '3'),
      ],
      [
        packed('keep/', ''),
        packed('keep/a', 'changed'),
        packed('keep/.wh.b'),
        packed('keep/.wh.never'),
        packed('new/n', '4'),
        packed('opq/.wh..wh..opq'),
        packed('opq/y', '5'),
      ],
    );
    const changes = [...files.changesOf(1).all()].map(({ kind, path }) => `${kind} ${path}`);
    assert.deepEqual(changes, [
      'changed /keep/a',
      'deleted /keep/b',
      'added /new',
      'added /new/n',
      'deleted /opq/x',
      'changed /opq/y',
    ]);
    assert.deepEqual(
      [...files.changesOf(0).all()].map(({ kind }) => kind),
      ['added', 'added', 'added', 'added', 'added', 'added'],
    );
  });

  it('opens a second time without reading a byte of any blob', async () => {
    const source = new MemoryBlobSource();
    const layers = [
      source.add(gzipSync(await packTar([packed('x', '1')]))),
      source.add(await packTar([packed('y', '2')])),
    ];
    await openImageFiles(layers, { source, indexer, signal });
    const before = source.requests.length;
    const files = await openImageFiles(layers, { source, indexer: indexes.create(), signal });
    assert.deepEqual(all(files), ['/x', '/y']);
    assert.equal(source.requests.length, before);
  });

  it('reads gzip, zstd and plain layers, whole files and parts, many at a time', async () => {
    const source = new MemoryBlobSource();
    const big = Buffer.alloc(3_000_000, 'berth reads layers ');
    const tars = await Promise.all(
      ['g', 'z', 't'].map((dir) =>
        packTar([packed(`${dir}/big`, big), packed(`${dir}/small`, `small ${dir}`), packed(`${dir}/empty`)]),
      ),
    );
    const layers = [
      source.add(gzipSync(tars[0]!)),
      source.add(zstdCompressSync(tars[1]!)),
      source.add(tars[2]!),
    ];
    const files = await openImageFiles(layers, { source, indexer, signal });
    for (const dir of ['g', 'z', 't']) {
      assert.equal(await text(files, `/${dir}/small`), `small ${dir}`);
      const part = await files.readFile(files.resolve(`/${dir}/big`), 1e6, signal, {
        offset: 2_500_001,
        length: 1000,
      });
      assert.deepEqual(part, big.subarray(2_500_001, 2_501_001));
    }
    const read = new Map<string, number>();
    for await (const { file, content } of files.openAll([...files.walk()], signal)) {
      let length = 0;
      for await (const chunk of content) length += chunk.length;
      read.set(file.path, length);
    }
    assert.equal(read.size, 9);
    assert.equal(read.get('/z/big'), big.length);
  });

  it('reads through a source that gives no parts', async () => {
    const source = new MemoryBlobSource(false);
    const layer = source.add(gzipSync(await packTar([packed('a', 'first'), packed('b', 'second')])));
    const whole: MemoryBlobSource = Object.assign(source, {});
    const files = await openImageFiles([layer], { source: whole, indexer, signal });
    assert.equal(await text(files, '/b'), 'second');
  });

  it('refuses a layer whose bytes are not what its digest says', async () => {
    const source = new MemoryBlobSource();
    const layer = source.add(gzipSync(await packTar([packed('a', 'first')])));
    source.corrupt(layer, () => gzipSync(Buffer.alloc(layer.sizeInBytes)));
    await assert.rejects(openImageFiles([layer], { source, indexer, signal }), (error) =>
      isCoreError(error, 'digestMismatch', 'sizeMismatch'),
    );
  });

  it('shows what came before the damage and says that the layer is incomplete', async () => {
    const source = new MemoryBlobSource();
    const tar = await packTar([packed('a', 'first'), packed('b', 'x'.repeat(5000))]);
    const layer = source.add(gzipSync(tar.subarray(0, 3000)));
    const files = await openImageFiles([layer], { source, indexer, signal });
    assert.deepEqual(all(files), ['/a']);
    assert.equal(files.problems[0]?.problem.code, 'truncated');
    assert.equal(await text(files, '/a'), 'first');
  });

  it('stops within a second when it is cancelled, and reports its progress in bytes', async () => {
    const source = new MemoryBlobSource();
    const controller = new AbortController();
    const layer = source.add(gzipSync(await packTar([packed('a', Buffer.alloc(64e6, 'x'))]), { level: 0 }));
    let seen = 0;
    const opening = openImageFiles([layer], {
      source,
      indexer,
      signal: controller.signal,
      onProgress: ({ bytesDone, bytesTotal }) => {
        seen = bytesDone;
        assert.equal(bytesTotal, layer.sizeInBytes);
        controller.abort();
      },
    });
    await assert.rejects(opening, (error) => isCoreError(error, 'cancelled'));
    assert.ok(seen > 0 && seen < layer.sizeInBytes);
  });
});
