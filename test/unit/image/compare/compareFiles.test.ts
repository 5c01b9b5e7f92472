import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { compareFiles, type FileDifference } from '../../../../src/core/image/compare/compareFiles.ts';
import type { ComparedLayer } from '../../../../src/core/image/compare/compareLayers.ts';
import { openComparedFiles } from '../../../../src/core/image/compare/openComparedFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

/** `+ /path` added, `- /path` removed, `~ /path` changed, `m /path` mode or owner; `?` behind what is not certain. */
const SIGNS = { added: '+', removed: '-', changed: '~', metadata: 'm' };
const asText = (differences: readonly FileDifference[]): string[] =>
  differences.map(({ kind, path, isCertain }) => `${SIGNS[kind]} ${path}${isCertain ? '' : '?'}`);

type Layer = readonly PackedEntry[];

describe('compareFiles', () => {
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  let source: MemoryBlobSource;
  beforeEach(() => {
    indexes = new TestIndexer();
    indexer = indexes.create();
    source = new MemoryBlobSource();
  });
  afterEach(() => indexes[Symbol.dispose]());

  const layersOf = async (layers: readonly Layer[]): Promise<ComparedLayer[]> =>
    Promise.all(layers.map(async (entries) => source.add(gzipSync(await packTar(entries)))));

  async function open(before: readonly Layer[], after: readonly Layer[], readShared = false) {
    const [left, right] = [await layersOf(before), await layersOf(after)];
    return openComparedFiles(
      { layers: left, source },
      { layers: right, source },
      { indexer, signal, readShared },
    );
  }

  async function compare(before: readonly Layer[], after: readonly Layer[], readShared = true) {
    return compareFiles(await open(before, after, readShared), signal);
  }

  it('tells what was added, removed, changed, and what only has another mode or owner', async () => {
    const differences = await compare(
      [
        [
          packed('etc/same', 'same'),
          packed('etc/text', 'old'),
          packed('etc/grown', 'short'),
          packed('etc/mode', 'content'),
          packed('etc/owner', 'content'),
          packed('gone', 'gone'),
          packed('link', '', 'old'),
        ],
      ],
      [
        [
          { ...packed('etc/same', 'same'), mtime: new Date(1e12) },
          packed('etc/text', 'new'),
          packed('etc/grown', 'much longer'),
          { ...packed('etc/mode', 'content'), mode: 0o755 },
          { ...packed('etc/owner', 'content'), uid: 1000 },
          packed('link', '', 'new'),
          packed('new/file', 'new'),
        ],
      ],
    );
    assert.deepEqual(asText(differences), [
      '~ /etc/grown',
      'm /etc/mode',
      'm /etc/owner',
      '~ /etc/text',
      '- /gone',
      '~ /link',
      '+ /new',
      '+ /new/file',
    ]);
    const grown = differences.find(({ path }) => path === '/etc/grown');
    assert.deepEqual([grown?.before?.sizeInBytes, grown?.after?.sizeInBytes], [5, 11]);
  });

  it('tells a file that took the place of a directory, with what was in it', async () => {
    const [directory, file] = [[packed('a/b/c', '1')], [packed('a', 'now a file')]];
    assert.deepEqual(asText(await compare([directory], [file])), ['~ /a', '- /a/b', '- /a/b/c']);
    assert.deepEqual(asText(await compare([file], [directory])), ['~ /a', '+ /a/b', '+ /a/b/c']);
  });

  it('merges whiteouts and opaque directories before it compares', async () => {
    const base = [packed('dir/a', '1'), packed('dir/b', '2'), packed('opq/x', '3'), packed('opq/y', '4')];
    const top = [packed('dir/.wh.a'), packed('opq/.wh..wh..opq'), packed('opq/y', '4')];
    assert.deepEqual(asText(await compare([base], [base, top])), ['- /dir/a', '- /opq/x']);
  });

  it('says what a file is in, so that it can be opened: its layer and, of a hard link, the name of its file', async () => {
    const [difference] = await compare(
      [[packed('base', '')]],
      [
        [packed('base', '')],
        [packed('real', 'content')],
        [{ name: 'alias', type: 'link', linkname: 'real' }],
      ],
    );
    assert.equal(difference?.path, '/alias');
    assert.deepEqual([difference?.after?.layer, difference?.after?.layerPath], [1, '/real']);
  });

  it('reads only the layers that differ, and says what may be hidden by those it did not read', async () => {
    const shared = [packed('etc/replaced', 'in the base'), packed('etc/deleted', 'in the base')];
    const left = [packed('app/main', 'one'), packed('app/only-left', 'x')];
    const right = [packed('app/main', 'two'), packed('etc/replaced', 'new'), packed('etc/.wh.deleted')];
    const compared = await open([shared, left], [shared, right]);
    assert.equal(source.requests.length, 2);
    assert.equal(compared.unreadLayers.length, 1);
    assert.deepEqual(asText(await compareFiles(compared, signal)), [
      '~ /app/main',
      '- /app/only-left?',
      '- /etc/deleted?',
      '+ /etc/replaced?',
    ]);
    const exact = await open([shared, left], [shared, right], true);
    assert.equal(source.requests.length, 3);
    assert.deepEqual(asText(await compareFiles(exact, signal)), [
      '~ /app/main',
      '- /app/only-left',
      '- /etc/deleted',
      '~ /etc/replaced',
    ]);
  });

  it('is exact without a byte where the shared layers were looked at before', async () => {
    const shared = [packed('etc/replaced', 'in the base')];
    await open([shared], [[packed('other', '')]]);
    const before = source.bytesRead;
    const compared = await open([shared], [shared, [packed('etc/replaced', 'new')]]);
    assert.ok(source.bytesRead - before < 1000);
    assert.deepEqual(asText(await compareFiles(compared, signal)), ['~ /etc/replaced']);
  });

  it('knows a layer that was only compressed anew by what it holds', async () => {
    const tar = await packTar([packed('a', 'x'.repeat(1000))]);
    const [fast, small] = [gzipSync(tar, { level: 1 }), gzipSync(tar, { level: 9 })].map((bytes) => ({
      ...source.add(bytes),
      diffId: 'sha256:same',
    }));
    const compared = await openComparedFiles(
      { layers: [fast!], source },
      { layers: [small!], source },
      { indexer, signal },
    );
    assert.equal(source.requests.length, 0);
    assert.deepEqual(await compareFiles(compared, signal), []);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const compared = await open([[packed('a', '1')]], [[packed('a', '2')]]);
    controller.abort();
    await assert.rejects(compareFiles(compared, controller.signal), { kind: 'cancelled' });
  });

  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 });
  const entry = fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(path, fc.constantFrom('1', '2', '22'))
        .map(([p, content]) => packed(p.join('/'), content)),
    },
    { weight: 1, arbitrary: path.map((p) => packed(`${p.join('/')}/`)) },
    { weight: 1, arbitrary: path.map((p) => packed([...p.slice(0, -1), `.wh.${p.at(-1)!}`].join('/'))) },
    { weight: 1, arbitrary: path.map((p) => packed(`${p.join('/')}/.wh..wh..opq`)) },
  );
  const layer = fc.array(entry, { minLength: 1, maxLength: 5 });
  const image = fc.array(layer, { minLength: 1, maxLength: 3 });

  it('finds nothing between an image and itself, and the mirror image the other way round', async () => {
    const mirrored = {
      added: 'removed',
      removed: 'added',
      changed: 'changed',
      metadata: 'metadata',
    } as const;
    await fc.assert(
      fc.asyncProperty(image, image, fc.boolean(), async (before, after, readShared) => {
        assert.deepEqual(await compare(before, before, readShared), []);
        const there = await compare(before, after, readShared);
        const back = await compare(after, before, readShared);
        assert.deepEqual(
          back,
          there.map(({ kind, path: where, before: left, after: right, isCertain }) => ({
            kind: mirrored[kind],
            path: where,
            ...(right && { before: right }),
            ...(left && { after: left }),
            isCertain,
          })),
        );
      }),
      { numRuns: 25 },
    );
  });
});
