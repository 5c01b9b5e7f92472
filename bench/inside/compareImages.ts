/** Two images of 1 GB that differ in one layer, compared: what is downloaded is that layer of each, counted at the server. */
import { createServer, request as send, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createTar } from '../../scripts/samples/createTar.ts';
import { compareFiles } from '../../src/core/image/compare/compareFiles.ts';
import { openComparedFiles } from '../../src/core/image/compare/openComparedFiles.ts';
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { RegistryBlobSource } from '../../src/core/providers/RegistryBlobSource.ts';
import { TestIndexer } from '../../test/support/layers/TestIndexer.ts';
import { descriptorOf } from '../../test/support/sampleImage.ts';
import { startDistribution } from '../../test/support/servers/distribution.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { absoluteRow, comparedRow, type BenchGroup } from '../BenchRow.ts';

const REPOSITORY = 'bench/compared';
const SHARED_LAYERS = 9;
const FILES = 64;
const FILE_BYTES = 1_640_000;

export const compareImages: BenchGroup = {
  area: 'inside',
  title: 'compare two images',
  run: async (note) => {
    await using registry = await startDistribution();
    const counted = await startCounter(registry.url);
    using indexes = new TestIndexer();
    try {
      await using connection = new TestConnection(counted.url);
      const { client, signal } = connection;
      const push = async (name: string): Promise<Descriptor> => {
        const bytes = await layer(name);
        await client.uploadBlob(REPOSITORY, bytes, signal);
        return descriptorOf(bytes, MediaType.ociLayerGzip);
      };
      const shared: Descriptor[] = [];
      for (let i = 0; i < SHARED_LAYERS; i += 1) shared.push(await push(`shared-${i}`));
      const [left, right] = [await push('app'), await push('app')];
      const source = new RegistryBlobSource(client, REPOSITORY);
      counted.reset();
      const start = performance.now();
      const compared = await openComparedFiles(
        { layers: [...shared, left], source },
        { layers: [...shared, right], source },
        { indexer: indexes.create(), signal },
      );
      const differences = await compareFiles(compared, signal);
      const seconds = (performance.now() - start) / 1000;
      const total = [...shared, left].reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
      note(
        `images of ${(total / 1e9).toFixed(2)} GB compared in ${seconds.toFixed(1)} s, ${differences.length} differences`,
      );
      if (differences.length !== FILES) throw new Error(`${differences.length} differences`);
      const own = counted.bytesOf(left) + counted.bytesOf(right);
      return [
        absoluteRow({
          area: 'inside',
          name: 'compare two 1 GB images that differ in one layer: bytes of the layers they share',
          unit: 'MB',
          ours: shared.reduce((sum, each) => sum + counted.bytesOf(each), 0) / 1e6,
          bar: 0,
        }),
        comparedRow({
          area: 'inside',
          name: 'compare two 1 GB images that differ in one layer: bytes of that layer',
          unit: 'MB',
          ours: own / 1e6,
          peer: (left.sizeInBytes + right.sizeInBytes) / 1e6,
          peerName: 'its size in both',
          bar: 1,
        }),
      ];
    } finally {
      counted.close();
    }
  },
};

/** The same names every time, other content. */
async function layer(name: string): Promise<Buffer> {
  const entries = Array.from({ length: FILES }, (_, i) => ({
    path: `${name}/file-${i}`,
    content: randomBytes(FILE_BYTES),
  }));
  return promisify(gzip)(createTar(entries), { level: 1 });
}

/** Hands everything to a registry and counts the bytes of blobs that come back. */
async function startCounter(upstream: string) {
  const bytes = new Map<string, number>();
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = send(`${upstream}${url!}`, { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      const digest = /\/blobs\/(sha256:\w+)$/.exec(url!)?.[1];
      if (method === 'GET' && digest !== undefined) {
        reply.on('data', (chunk: Buffer) => bytes.set(digest, (bytes.get(digest) ?? 0) + chunk.length));
      }
      reply.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    bytesOf: ({ digest }: Descriptor) => bytes.get(digest) ?? 0,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset: () => bytes.clear(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
