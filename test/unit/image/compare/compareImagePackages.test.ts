import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { compareImagePackages } from '../../../../src/core/image/compare/compareImagePackages.ts';
import { openComparedFiles } from '../../../../src/core/image/compare/openComparedFiles.ts';
import type { LayerIndexer } from '../../../../src/core/image/layers/LayerIndexer.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar, type PackedEntry } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

const dpkg = (...packages: readonly (readonly [name: string, version: string])[]): PackedEntry =>
  packed(
    'var/lib/dpkg/status',
    packages
      .map(
        ([name, version]) =>
          `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
      )
      .join('\n'),
  );

describe('compareImagePackages', () => {
  let indexes: TestIndexer;
  let indexer: LayerIndexer;
  beforeEach(() => {
    indexes = new TestIndexer();
    indexer = indexes.create();
  });
  afterEach(() => indexes[Symbol.dispose]());

  async function compare(
    before: readonly (readonly PackedEntry[])[],
    after: readonly (readonly PackedEntry[])[],
    readShared = false,
  ) {
    const source = new MemoryBlobSource();
    const side = async (layers: readonly (readonly PackedEntry[])[]) => ({
      source,
      layers: await Promise.all(layers.map(async (entries) => source.add(gzipSync(await packTar(entries))))),
    });
    const compared = await openComparedFiles(await side(before), await side(after), {
      indexer,
      signal,
      readShared,
    });
    return compareImagePackages(compared, signal);
  }

  it('tells what was installed, removed and upgraded', async () => {
    const result = await compare(
      [[dpkg(['libc6', '2.36-9'], ['curl', '7.88.1-10'])]],
      [[dpkg(['libc6', '2.36-10'], ['wget', '1.21'])]],
    );
    assert.deepEqual(
      result?.changes.map(({ kind, name }) => `${kind} ${name}`),
      ['removed curl', 'upgraded libc6', 'added wget'],
    );
    assert.deepEqual([result?.basis, result?.isCertain], ['databases', true]);
  });

  it('knows without reading them that shared layers brought the same packages', async () => {
    const base = [dpkg(['libc6', '2.36-9'])];
    const result = await compare([base, [packed('app', '1')]], [base, [packed('app', '2')]]);
    assert.deepEqual(result, { changes: [], unreadable: [], basis: 'untouched', isCertain: true });
  });

  it('does not guess where only one image has a database anew, and tells once the shared layers are read', async () => {
    const base = [dpkg(['libc6', '2.36-9'])];
    const images = [[base], [base, [dpkg(['libc6', '2.36-9'], ['curl', '8'])]]] as const;
    assert.equal(await compare(...images), undefined);
    const result = await compare(...images, true);
    assert.deepEqual(
      result?.changes.map(({ kind, name }) => `${kind} ${name}`),
      ['added curl'],
    );
  });

  it('says when there is no package database at all', async () => {
    assert.equal((await compare([[packed('a', '1')]], [[packed('b', '2')]]))?.basis, 'none');
  });
});
