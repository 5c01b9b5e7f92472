import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { openImageFiles, type ImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import type { ImageSpace, SizeNode } from '../../../../src/core/image/space/ImageSpace.ts';
import { measureSpace } from '../../../../src/core/image/space/measureSpace.ts';
import type { Descriptor } from '../../../../src/core/oci/descriptor.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

describe('measureSpace', () => {
  let indexes: TestIndexer;
  let open: (layers: readonly (readonly PackedEntry[])[]) => Promise<ImageFiles>;
  before(() => {
    indexes = new TestIndexer();
    const indexer = indexes.create();
    open = async (layers) => {
      const source = new MemoryBlobSource();
      const descriptors: Descriptor[] = [];
      for (const entries of layers) descriptors.push(source.add(gzipSync(await packTar(entries))));
      return openImageFiles(descriptors, { source, indexer, signal });
    };
  });
  after(() => indexes[Symbol.dispose]());

  const measure = async (...layers: (readonly PackedEntry[])[]): Promise<ImageSpace> =>
    measureSpace(
      (await open(layers)).layers.map(({ index }) => index),
      signal,
    );
  const hides = ({ layers }: ImageSpace): number[] => layers.map(({ hidesBytes }) => hidesBytes);

  it('finds nothing wasted where no layer repeats another', async () => {
    const space = await measure([packed('a', 'x'.repeat(10))], [packed('b', 'x'.repeat(30))]);
    assert.equal(space.efficiency, 1);
    assert.equal(space.wastedBytes, 0);
    assert.deepEqual(space.repeatedPaths, []);
    assert.deepEqual([space.totalBytes, space.visibleBytes], [40, 40]);
    assert.deepEqual(
      space.layers.map(({ sizeInBytes }) => sizeInBytes),
      [10, 30],
    );
  });

  it('counts all that is stored of a file that several layers have, and which layer hid it', async () => {
    const space = await measure([packed('etc/a', 'x'.repeat(10))], [packed('etc/a', 'x'.repeat(30))]);
    assert.equal(space.efficiency, 10 / 40);
    assert.equal(space.wastedBytes, 40);
    assert.deepEqual(space.repeatedPaths, [
      { path: '/etc/a', count: 2, sizeInBytes: 40, fileLayer: 1, isVisible: true },
    ]);
    assert.deepEqual(hides(space), [0, 10]);
    assert.equal(space.visibleBytes, 30);
  });

  it('counts a removed file as wasted whole', async () => {
    const space = await measure(
      [packed('a', 'x'.repeat(10)), packed('b', 'x'.repeat(10))],
      [packed('.wh.a')],
    );
    assert.equal(space.efficiency, 10 / 20);
    assert.deepEqual(space.repeatedPaths, [
      { path: '/a', count: 2, sizeInBytes: 10, fileLayer: 0, isVisible: false },
    ]);
    assert.deepEqual(hides(space), [0, 10]);
  });

  it('counts what a removed folder held, after what was removed of it before', async () => {
    const space = await measure(
      [packed('d/'), packed('d/a', 'x'.repeat(10)), packed('d/b', 'x'.repeat(20))],
      [packed('d/'), packed('d/.wh.a')],
      [packed('.wh.d')],
    );
    // /d/a: 10 and 0; /d/b: 20; /d: 20 once.
    assert.equal(space.efficiency, 40 / 50);
    assert.deepEqual(space.repeatedPaths, [
      { path: '/d/a', count: 2, sizeInBytes: 10, fileLayer: 0, isVisible: false },
    ]);
    assert.deepEqual(hides(space), [0, 10, 20]);
    assert.deepEqual(space.root.children, []);
  });

  it('passes over a whiteout of what is not there', async () => {
    const space = await measure(
      [packed('a', 'x'.repeat(10))],
      [packed('.wh.never'), packed('z', 'x'.repeat(5))],
    );
    assert.deepEqual([space.efficiency, space.totalBytes], [1, 15]);
  });

  it('hides what is below an opaque folder and what another type replaces', async () => {
    const space = await measure(
      [packed('o/a', 'x'.repeat(10)), packed('t/a', 'x'.repeat(20)), packed('f', 'x'.repeat(5))],
      [packed('o/.wh..wh..opq'), packed('o/b', 'x'), packed('t', 'x'), packed('f/'), packed('f/x', 'x')],
    );
    assert.deepEqual(hides(space), [0, 35]);
    assert.equal(space.visibleBytes, 3);
  });

  it('counts a further name of a file, a link and a folder as nothing', async () => {
    const space = await measure([
      packed('a', 'x'.repeat(10)),
      { name: 'b', type: 'link', linkname: 'a' },
      packed('c', '', 'a'),
      packed('d/'),
    ]);
    assert.deepEqual([space.totalBytes, space.visibleBytes], [10, 10]);
    assert.deepEqual(space.root.children, [{ name: 'a', sizeInBytes: 10 }]);
  });

  it('sums up folders, largest first, and keeps small files as a number', async () => {
    const small = Array.from({ length: 30 }, (_, index) => packed(`lib/s${index}`, 'x'));
    const { root } = await measure([
      packed('lib/big', 'x'.repeat(200_000)),
      packed('etc/conf', 'x'.repeat(300)),
      ...small,
    ]);
    assert.deepEqual(root, {
      name: '',
      sizeInBytes: 200_330,
      children: [
        {
          name: 'lib',
          sizeInBytes: 200_030,
          children: [{ name: 'big', sizeInBytes: 200_000 }],
          rest: { fileCount: 30, sizeInBytes: 30 },
        },
        { name: 'etc', sizeInBytes: 300, children: [{ name: 'conf', sizeInBytes: 300 }] },
      ],
    });
  });

  it('lists the hundred paths that waste most, and counts all of them', async () => {
    const layer = (extra: number) =>
      Array.from({ length: 150 }, (_, index) => packed(`f${index}`, 'x'.repeat(index + extra)));
    const { repeatedPaths, repeatedPathCount } = await measure(layer(1), layer(2));
    assert.equal(repeatedPathCount, 150);
    assert.equal(repeatedPaths.length, 100);
    assert.deepEqual(repeatedPaths[0], {
      path: '/f149',
      count: 2,
      sizeInBytes: 301,
      fileLayer: 1,
      isVisible: true,
    });
    assert.ok(
      repeatedPaths.every(
        ({ sizeInBytes }, at) => sizeInBytes <= (repeatedPaths[at - 1]?.sizeInBytes ?? 301),
      ),
    );
  });

  it('stops when it is cancelled', async () => {
    const files = await open([Array.from({ length: 600 }, (_, index) => packed(`f${index}`, 'x'))]);
    const controller = new AbortController();
    const measuring = measureSpace(
      files.layers.map(({ index }) => index),
      controller.signal,
    );
    controller.abort(new Error('enough'));
    await assert.rejects(measuring, /enough/);
  });

  it('agrees with the merged tree on what is visible, whatever the layers do', async function () {
    this.timeout(60_000);
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    const entry = fc.record({
      path,
      size: fc.integer({ min: 1, max: 50 }),
      kind: fc.constantFrom('file', 'file', 'folder', 'whiteout', 'opaque'),
    });
    const layers = fc.array(fc.array(entry, { maxLength: 6 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(layers, async (described) => {
        const files = await open(described.map((entries) => entries.map(toPacked)));
        const space = await measureSpace(
          files.layers.map(({ index }) => index),
          signal,
        );
        const seen = [...files.walk()].filter(({ type }) => type === 'file');
        assert.equal(
          space.visibleBytes,
          seen.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0),
        );
        const hidden = hides(space).reduce((sum, bytes) => sum + bytes, 0);
        assert.equal(space.visibleBytes + hidden, space.totalBytes);
        assert.equal(sumOf(space.root), space.visibleBytes);
      }),
      { numRuns: 60 },
    );
  });
});

interface Described {
  readonly path: readonly string[];
  readonly size: number;
  readonly kind: string;
}

function toPacked({ path, size, kind }: Described): PackedEntry {
  const folder = path
    .slice(0, -1)
    .map((part) => `${part}/`)
    .join('');
  const name = path.at(-1)!;
  if (kind === 'folder') return packed(`${folder}${name}/`);
  if (kind === 'whiteout') return packed(`${folder}.wh.${name}`);
  if (kind === 'opaque') return packed(`${folder}${name}/.wh..wh..opq`);
  return packed(`${folder}${name}`, 'x'.repeat(size));
}

function sumOf(node: SizeNode): number {
  const children = node.children?.reduce((sum, child) => sum + sumOf(child), 0);
  return children === undefined ? node.sizeInBytes : children + (node.rest?.sizeInBytes ?? 0);
}
