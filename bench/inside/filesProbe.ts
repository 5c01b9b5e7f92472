/**
 * A window of its own, as far as reading images goes: a process that opens the files of an image and prints what it cost.
 * `node filesProbe.ts URL REPOSITORY TAG STORE WORKER [PATH]`; with PATH the files are opened and one is read, else all are listed.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { nullLogger } from '../../src/core/common/Logger.ts';
import type { BlobSource } from '../../src/core/image/BlobSource.ts';
import { openImageFiles } from '../../src/core/image/files/ImageFiles.ts';
import { LayerIndexer } from '../../src/core/image/layers/LayerIndexer.ts';
import { LayerIndexStore } from '../../src/core/image/layers/LayerIndexStore.ts';
import { RegistryBlobSource } from '../../src/core/providers/RegistryBlobSource.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';

export interface FilesCost {
  /** Until a window can show the root, and until every entry has been seen. */
  readonly shownMs: number;
  readonly listMs: number;
  readonly entries: number;
  /** Requests and bytes for blobs while listing. */
  readonly listRequests: number;
  readonly listBytes: number;
  readonly growthInBytes: number;
  readonly blockedMs: number;
  /** Of reading PATH, where one is given. */
  readonly readMs: number;
  readonly readRequests: number;
  readonly readBytes: number;
}

const [url, repository, tag, directory, worker, path] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string?,
];
const { signal } = new AbortController();
await using connection = new TestConnection(url);
const inner = new RegistryBlobSource(connection.client, repository);
let requests = 0;
let bytes = 0;
const source: BlobSource = {
  get honoursRanges() {
    return inner.honoursRanges;
  },
  open: async (descriptor, openSignal, span) => {
    requests += 1;
    const stream = await inner.open(descriptor, openSignal, span);
    const { push } = stream;
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      bytes += chunk?.length ?? 0;
      return push.call(stream, chunk, encoding);
    };
    return stream;
  },
};
const store = new LayerIndexStore({ directory, maxBytes: 1e9, logger: nullLogger });
const indexer = new LayerIndexer({ workerUrl: pathToFileURL(worker), store, logger: nullLogger });
const manifest = await connection.client.getManifest(repository, tag, signal);
if (manifest.kind !== 'manifest') throw new Error('not an image');

gc!();
const before = process.memoryUsage.rss();
let peak = before;
const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const start = performance.now();
const files = await openImageFiles(manifest.layers, { source, indexer, signal });
delay.disable();
files.readDirectory('/');
const shownMs = performance.now() - start;
let entries = 0;
if (path === undefined) for (const { name } of files.walk()) entries += name === '' ? 0 : 1;
const listMs = performance.now() - start;
peak = Math.max(peak, process.memoryUsage.rss());
clearInterval(sampler);

const [listRequests, listBytes] = [requests, bytes];
const readStart = performance.now();
if (path !== undefined) await files.readFile(files.resolve(path), 1e9, signal);
const cost: FilesCost = {
  shownMs,
  listMs,
  entries,
  listRequests,
  listBytes,
  growthInBytes: peak - before,
  blockedMs: delay.max / 1e6 - 5,
  readMs: performance.now() - readStart,
  readRequests: requests - listRequests,
  readBytes: bytes - listBytes,
};
indexer.dispose();
console.log(JSON.stringify(cost));
