/** One small file in the middle of a large layer: what is fetched for it, and how long that takes beside streaming the layer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { startDistribution } from '../../test/support/servers/distribution.ts';
import { toEstargz } from '../../test/support/layers/convertLayer.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { absoluteRow, comparedRow, type BenchGroup } from '../BenchRow.ts';
import { median } from '../medianTimes.ts';
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import { makeLayer, pushImage } from './images.ts';
import { buildWorker, probeFiles } from './probeFiles.ts';

const area = 'inside';
const ROUNDS = 5;
const MIB = 1024 * 1024;
const REPOSITORY = 'bench/large';
/** About 200 MB of gzip, 10 KB a file where it matters. */
const PLAN = { name: 'large', fileCount: 26_000, averageSizeInBytes: 10_000, incompressible: 0.6 };
const PATH = '/large/d200/file-13000';

export const readFile: BenchGroup = {
  area,
  title: 'One file of a 200 MB layer',
  async run(note) {
    await using registry = await startDistribution();
    const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
    try {
      const worker = await buildWorker(folder);
      await using connection = new TestConnection(registry.url);
      const { tar, gzip } = await makeLayer(PLAN);
      const lazy = await toEstargz(tar);
      const [layer] = await pushImage(connection.client, REPOSITORY, 'gzip', [{ bytes: gzip }]);
      await pushImage(connection.client, REPOSITORY, 'estargz', [lazy]);
      note(
        `${(gzip.length / 1e6).toFixed(0)} MB of gzip, ${(tar.length / 1e6).toFixed(0)} MB of tar; eStargz ${(lazy.bytes.length / 1e6).toFixed(0)} MB`,
      );
      const image = { url: registry.url, repository: REPOSITORY };
      const store = join(folder, 'store');
      await probeFiles({ ...image, tag: 'gzip' }, store, worker);
      const reads = [];
      const streams: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        reads.push(await probeFiles({ ...image, tag: 'gzip' }, store, worker, PATH));
        streams.push(await streamLayer(connection, layer!));
      }
      const fresh = await probeFiles({ ...image, tag: 'estargz' }, join(folder, 'fresh'), worker, PATH);
      return [
        absoluteRow({
          area,
          name: '10 KB of an indexed 200 MB gzip layer: fetched',
          unit: 'MiB',
          ours: Math.max(...reads.map(({ readBytes }) => readBytes)) / MIB,
          bar: 6,
        }),
        comparedRow({
          area,
          name: '10 KB of an indexed 200 MB gzip layer',
          unit: 'ms',
          ours: median(reads.map(({ readMs }) => readMs)),
          peer: median(streams),
          peerName: 'streaming the layer',
          bar: 0.05,
        }),
        // The manifest is one request more.
        absoluteRow({
          area,
          name: '10 KB of an eStargz layer never seen: requests',
          unit: 'requests',
          ours: fresh.listRequests + fresh.readRequests + 1,
          bar: 5,
        }),
        absoluteRow({
          area,
          name: '10 KB of an eStargz layer never seen: fetched',
          unit: 'MiB',
          ours: (fresh.listBytes + fresh.readBytes) / MIB,
          bar: 2,
        }),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Milliseconds to have all of the layer decompressed. */
async function streamLayer({ client, signal }: TestConnection, layer: Descriptor): Promise<number> {
  const start = performance.now();
  const body = await client.openBlob(REPOSITORY, layer, signal);
  const output = body.pipe(createGunzip());
  output.resume();
  await finished(output);
  return performance.now() - start;
}
