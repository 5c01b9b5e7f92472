/** The efficiency of an image against real dive, on archives it reads as `docker save` writes them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { SavedImage } from '../../../../src/core/image/archive/SavedImage.ts';
import { openImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { measureSpace } from '../../../../src/core/image/space/measureSpace.ts';
import { runDive, writeDockerArchive, type DiveReport } from '../../../support/dive.ts';
import { useDockerEngine, writeBuildContext } from '../../../support/dockerEngine.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

describe('The efficiency of an image, against dive', function () {
  this.timeout(60_000);
  const engine = useDockerEngine();
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-dive-'));
    indexes = new TestIndexer();
    indexer = indexes.create();
  });
  after(async () => {
    indexes[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  });

  async function compare(archive: string): Promise<DiveReport> {
    const source = await SavedImage.read(archive, signal);
    const files = await openImageFiles(source.layers, { source, indexer, signal });
    const space = await measureSpace(
      files.layers.map(({ index }) => index),
      signal,
    );
    const report = await runDive(archive, folder);
    assert.equal(space.efficiency, report.image.efficiencyScore);
    assert.equal(space.wastedBytes, report.image.inefficientBytes);
    assert.equal(space.totalBytes, report.image.sizeBytes);
    assert.deepEqual(
      space.layers.map(({ sizeInBytes }) => sizeInBytes),
      report.layer.map(({ sizeBytes }) => sizeBytes),
    );
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    assert.deepEqual(
      space.repeatedPaths.map(({ path, count, sizeInBytes }) => ({ path, count, sizeInBytes })).sort(byPath),
      report.image.fileReference
        .map(({ file, count, sizeBytes }) => ({ path: file, count, sizeInBytes: sizeBytes }))
        .sort(byPath),
    );
    return report;
  }

  async function compareLayers(layers: readonly (readonly PackedEntry[])[]): Promise<DiveReport> {
    const archive = join(folder, 'made.tar');
    await writeDockerArchive(archive, await Promise.all(layers.map(packTar)));
    return compare(archive);
  }

  it('agrees on removed files and folders, links and opaque folders', async () => {
    await compareLayers([
      [
        packed('d/'),
        packed('d/a', 'x'.repeat(10)),
        packed('d/b', 'x'.repeat(20)),
        packed('f', 'x'.repeat(7)),
        { name: 'h', type: 'link', linkname: 'f' },
        packed('s', '', 'f'),
        packed('e/'),
        packed('o/'),
        packed('o/x', 'x'.repeat(40)),
      ],
      [packed('d/'), packed('d/.wh.a'), packed('f', 'y'.repeat(9)), packed('.wh.h'), packed('s', 'a file')],
      [packed('.wh.d'), packed('e/'), packed('o/'), packed('o/.wh..wh..opq'), packed('.wh.s')],
      [packed('d/'), packed('d/b', 'x'.repeat(5)), packed('o/'), packed('o/x', 'again')],
      [packed('.wh.d'), packed('.wh.o')],
    ]);
  });

  it('agrees whatever layers an engine could make', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (described) => {
        await compareLayers(toLayers(described));
      }),
      { numRuns: 40 },
    );
  });

  it('agrees on an image that a real engine built', async () => {
    const context = await writeBuildContext(join(folder, 'context'), DOCKERFILE, {
      'app/data.txt': 'data\n'.repeat(5000),
    });
    await engine().docker('build', '--quiet', '--tag', 'wasteful:1', context);
    const archive = join(folder, 'wasteful.tar');
    await engine().docker('save', '--output', archive, 'wasteful:1');
    const { image } = await compare(archive);
    const paths = image.fileReference.map(({ file }) => file);
    for (const path of ['/app/data.txt', '/app/link', '/bin/busybox', '/tmp/cache/big']) {
      assert.ok(paths.includes(path), path);
    }
  });
});

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY app /app
RUN ln /app/data.txt /app/link && mkdir -p /tmp/cache && dd if=/dev/zero of=/tmp/cache/big bs=1024 count=700
RUN echo more >> /app/data.txt
RUN chmod 700 /bin/busybox
RUN rm /tmp/cache/big && rm /app/link
RUN rm -r /tmp/cache && mkdir /tmp/cache && echo 1 > /tmp/cache/new
RUN rm -r /tmp/cache
`;

interface Change {
  readonly path: readonly string[];
  readonly size: number;
  /** Removed where it is there. */
  readonly isRemoval: boolean;
}

const changes = fc.array(
  fc.array(
    fc.record({
      path: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      size: fc.integer({ min: 0, max: 99 }),
      isRemoval: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  { minLength: 1, maxLength: 5 },
);

/** As an engine would write them: folders named, nothing removed that is not there, a name once a layer, files not turned into folders. */
function toLayers(described: readonly (readonly Change[])[]): PackedEntry[][] {
  const files = new Set<string>();
  const folders = new Set<string>();
  return described.map((layer) => {
    const entries = new Map<string, PackedEntry>();
    const removed = new Set<string>();
    for (const { path, size, isRemoval } of layer) {
      const name = path.join('/');
      const parents = path.slice(0, -1).map((_, index) => path.slice(0, index + 1).join('/'));
      const isWithin = (other: string): boolean => other === name || other.startsWith(`${name}/`);
      if ([name, ...parents].some((each) => removed.has(each))) continue;
      if (parents.some((parent) => files.has(parent))) continue;
      if (isRemoval) {
        if ([...entries.keys()].some(isWithin) || ![...files, ...folders].includes(name)) continue;
        for (const known of [files, folders]) {
          for (const other of known) if (isWithin(other)) known.delete(other);
        }
        removed.add(name);
        entries.set(name, packed([...path.slice(0, -1), `.wh.${path.at(-1)}`].join('/')));
      } else {
        if (folders.has(name)) continue;
        files.add(name);
        entries.set(name, packed(name, 'x'.repeat(size)));
      }
      for (const parent of parents) {
        folders.add(parent);
        entries.set(parent, packed(`${parent}/`));
      }
    }
    return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  });
}
