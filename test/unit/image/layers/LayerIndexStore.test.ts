import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openImageFiles } from '../../../../src/core/image/files/ImageFiles.ts';
import type { Descriptor } from '../../../../src/core/oci/descriptor.ts';
import { MemoryBlobSource } from '../../../support/layers/MemoryBlobSource.ts';
import { packed, packTar } from '../../../support/layers/packTar.ts';
import { TestIndexer } from '../../../support/layers/TestIndexer.ts';

const { signal } = new AbortController();

describe('The indexes of layers on the disk', () => {
  const layerOf = async (source: MemoryBlobSource, name: string): Promise<Descriptor> =>
    source.add(gzipSync(await packTar([packed(name, name)])));

  it('are read again by another window, and a damaged one is made anew without a word', async () => {
    using indexes = new TestIndexer();
    const source = new MemoryBlobSource();
    const layer = await layerOf(source, 'a');
    const open = () => openImageFiles([layer], { source, indexer: indexes.create(), signal });
    await open();
    await open();
    assert.equal(source.requests.length, 1);
    const [name] = readdirSync(indexes.directory);
    const file = join(indexes.directory, name!);
    const whole = readFileSync(file);
    for (const damaged of [
      Buffer.alloc(0),
      whole.subarray(0, whole.length >> 1),
      Buffer.from('not an index'),
      flipped(whole),
    ]) {
      writeFileSync(file, damaged);
      const before: number = source.requests.length;
      assert.deepEqual(
        [...(await open()).walk()].map(({ path }) => path),
        ['/a'],
      );
      assert.equal(source.requests.length, before + 1);
    }
  });

  it('keep to their space: those not used for longest go', async () => {
    using indexes = new TestIndexer(5000);
    const source = new MemoryBlobSource();
    const indexer = indexes.create();
    const layers: Descriptor[] = [];
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      const layer = await layerOf(source, name);
      layers.push(layer);
      await indexer.index(source, layer, signal);
      // As if each had been used a minute after the one before.
      const time = Date.now() / 1000 - 600 + layers.length * 60;
      for (const file of readdirSync(indexes.directory)) {
        if (file.includes(layer.digest.slice(7))) utimesSync(join(indexes.directory, file), time, time);
      }
    }
    const kept = await Promise.all(layers.map(async (layer) => (await indexer.stored(layer)) !== undefined));
    assert.equal(kept.at(-1), true);
    assert.equal(kept[0], false);
  });

  it('are read once when two ask at the same time, and until nobody waits any more', async () => {
    using indexes = new TestIndexer();
    const source = new MemoryBlobSource();
    const layer = await layerOf(source, 'shared');
    const indexer = indexes.create();
    const first = new AbortController();
    const asked = [indexer.index(source, layer, first.signal), indexer.index(source, layer, signal)];
    first.abort();
    const [one, two] = await Promise.allSettled(asked);
    assert.equal(one?.status, 'rejected');
    assert.equal(two?.status, 'fulfilled');
    assert.equal(source.requests.length, 1);
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 0x10;
  return copy;
}
