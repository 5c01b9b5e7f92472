/**
 * Gives the index of a layer: from the disk, from the layer's own table of contents, or by streaming it once through a
 * worker thread. This thread only passes bytes on.
 */
import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { BlobSource } from '../BlobSource.ts';
import { LayerIndex } from './LayerIndex.ts';
import type { LayerIndexStore } from './LayerIndexStore.ts';
import type { LayerReply, LayerRequest } from './layerWorkerProtocol.ts';
import { unpackSections } from './sections.ts';
import { findTableOfContents, tableKeyOf } from './tableOfContents.ts';

export interface LayerIndexerOptions {
  /** Of `layerWorker`, as it was built. */
  readonly workerUrl: URL;
  readonly store: LayerIndexStore;
  readonly logger: Logger;
  /** Layers that are indexed at a time; default 2. */
  readonly parallel?: number;
}

/** Told of bytes of the blob as they are taken in. */
export type LayerProgress = (bytesDone: number) => void;

/** What is on its way to a worker: enough to keep it busy, little in memory. */
const BATCH_SIZE = 1024 * 1024;
const MAX_IN_FLIGHT = 4 * BATCH_SIZE;
/** A worker that has nothing to do for so long ends. */
const IDLE_MS = 20_000;

interface Shared {
  readonly promise: Promise<LayerIndex>;
  readonly controller: AbortController;
  readonly listeners: Set<LayerProgress>;
  waiting: number;
}

export class LayerIndexer {
  readonly #options: LayerIndexerOptions;
  readonly #running = new Map<string, Shared>();
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #queue: (() => void)[] = [];
  #busy = 0;

  constructor(options: LayerIndexerOptions) {
    this.#options = options;
  }

  /**
   * Layers are begun in the order they are asked for. Asked twice for one, it is read once; it goes on until nobody waits.
   * @throws CoreError `cancelled`, `digestMismatch`, or what the source throws. A damaged layer is no error: see `meta.problem`.
   */
  async index(
    source: BlobSource,
    descriptor: Descriptor,
    signal: AbortSignal,
    onProgress: LayerProgress = () => undefined,
  ): Promise<LayerIndex> {
    if (signal.aborted) throw cancelled(signal);
    const key = tableKeyOf(descriptor);
    let shared = this.#running.get(key);
    if (!shared) {
      const controller = new AbortController();
      const listeners = new Set<LayerProgress>();
      const promise = this.#make(key, source, descriptor, controller.signal, (done) => {
        for (const listener of listeners) listener(done);
      }).finally(() => {
        if (this.#running.get(key)?.controller === controller) this.#running.delete(key);
      });
      promise.catch(() => undefined);
      shared = { promise, controller, listeners, waiting: 0 };
      this.#running.set(key, shared);
    }
    return this.#await(key, shared, signal, onProgress);
  }

  /** The index that is on the disk already; nothing is read from the source. */
  async stored(descriptor: Descriptor): Promise<LayerIndex | undefined> {
    return this.#options.store.get(tableKeyOf(descriptor));
  }

  dispose(): void {
    for (const { controller } of this.#running.values()) controller.abort();
    for (const [worker, timer] of this.#idle) {
      clearTimeout(timer);
      void worker.terminate();
    }
    this.#idle.clear();
  }

  async #await(
    key: string,
    shared: Shared,
    signal: AbortSignal,
    onProgress: LayerProgress,
  ): Promise<LayerIndex> {
    shared.waiting += 1;
    shared.listeners.add(onProgress);
    let giveUp: (() => void) | undefined;
    try {
      return await Promise.race([
        shared.promise,
        new Promise<never>((_, reject) => {
          giveUp = () => reject(cancelled(signal));
          signal.addEventListener('abort', giveUp, { once: true });
        }),
      ]);
    } finally {
      if (giveUp) signal.removeEventListener('abort', giveUp);
      shared.listeners.delete(onProgress);
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        shared.controller.abort();
        if (this.#running.get(key) === shared) this.#running.delete(key);
      }
    }
  }

  async #make(
    key: string,
    source: BlobSource,
    descriptor: Descriptor,
    signal: AbortSignal,
    onProgress: LayerProgress,
  ): Promise<LayerIndex> {
    const { store, logger } = this.#options;
    const kept =
      (await store.get(key)) ?? (key === descriptor.digest ? undefined : await store.get(descriptor.digest));
    if (kept) return kept;
    await this.#turn(signal);
    try {
      const { index: byTable, tail } = await this.#tryTable(source, descriptor, signal);
      if (byTable) return byTable;
      const start = performance.now();
      const { index, packed } = await this.#scanTwice(source, descriptor, tail, signal, onProgress);
      const { problem, compression } = index.meta;
      logger.debug(
        `layer ${descriptor.digest}: ${index.entryCount} entries (${compression}) in ${(performance.now() - start).toFixed(0)} ms` +
          (problem ? `, incomplete: ${problem.reason} ${problem.code ?? ''}` : ''),
      );
      await store.put(descriptor.digest, packed);
      return index;
    } finally {
      this.#busy -= 1;
      this.#queue.shift()?.();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (this.#busy >= (this.#options.parallel ?? 2)) {
      await new Promise<void>((resolve) => {
        this.#queue.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      if (signal.aborted) {
        // The place that may have become free is another's.
        this.#queue.shift()?.();
        throw cancelled(signal);
      }
    }
    this.#busy += 1;
  }

  /** No index where the layer has no table that can be used: it is streamed then, its `tail` excepted. */
  async #tryTable(
    source: BlobSource,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<{ readonly index?: LayerIndex; readonly tail?: Uint8Array }> {
    try {
      const { table, tail } = await findTableOfContents(source, descriptor, signal);
      if (!table) return { ...(tail && { tail }) };
      const worker = this.#takeWorker();
      const { index, packed } = await this.#converse(worker, signal, (post) => {
        post({ kind: 'tableOfContents', request: table.request });
      });
      // What nobody vouches for is not kept under the digest of the layer.
      if (table.key !== undefined) await this.#options.store.put(table.key, packed);
      return { index };
    } catch (error) {
      if (signal.aborted || !isCoreError(error, 'protocol', 'digestMismatch', 'sizeMismatch', 'tooLarge'))
        throw error;
      this.#options.logger.warn(
        `table of contents of layer ${descriptor.digest}: ${error.message}; it is streamed`,
      );
      return {};
    }
  }

  /** Two contents that a cut connection spliced together are worth one new start. */
  async #scanTwice(
    source: BlobSource,
    descriptor: Descriptor,
    tail: Uint8Array | undefined,
    signal: AbortSignal,
    onProgress: LayerProgress,
  ): Promise<Result> {
    try {
      return await this.#scan(source, descriptor, tail, signal, onProgress);
    } catch (error) {
      if (signal.aborted || !isCoreError(error, 'digestMismatch')) throw error;
      return this.#scan(source, descriptor, undefined, signal, onProgress);
    }
  }

  /** @param tail the last bytes of the layer, which are not fetched again */
  async #scan(
    source: BlobSource,
    descriptor: Descriptor,
    tail: Uint8Array | undefined,
    signal: AbortSignal,
    onProgress: LayerProgress,
  ): Promise<Result> {
    const { digest, sizeInBytes } = descriptor;
    const stream =
      tail?.length === sizeInBytes
        ? Readable.from([])
        : await source.open(descriptor, signal, tail && { offset: 0, length: sizeInBytes - tail.length });
    const worker = this.#takeWorker();
    try {
      return await this.#converse(
        worker,
        signal,
        (post, room, batch) => {
          post({ kind: 'scan', content: { digest, sizeInBytes } });
          return pump(stream, tail, post, room, batch);
        },
        onProgress,
      );
    } finally {
      stream.destroy();
    }
  }

  /** One job of a worker. It ends with the job unless that went well. */
  async #converse(
    worker: Worker,
    signal: AbortSignal,
    talk: (post: Post, room: Room, batch: NewBatch) => Promise<void> | void,
    onProgress: LayerProgress = () => undefined,
  ): Promise<Result> {
    let inFlight = 0;
    /** Buffers that came back: without them every layer would leave its own size behind for the collector. */
    const free: ArrayBuffer[] = [];
    let taken = 0;
    let wake: (() => void) | undefined;
    let fail: (error: unknown) => void = () => undefined;
    const onAbort = (): void => fail(cancelled(signal));
    try {
      const result = await new Promise<Result>((resolve, reject) => {
        fail = reject;
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        worker.on('error', reject);
        worker.on('message', (reply: LayerReply) => {
          if (reply.kind === 'taken') {
            inFlight -= reply.length;
            taken += reply.length;
            free.push(reply.buffer);
            onProgress(taken);
            wake?.();
          } else if (reply.kind === 'failed') {
            reject(toError(reply.error));
          } else {
            const { packed } = reply;
            resolve({ index: LayerIndex.fromSections(unpackSections(packed))!, packed });
          }
        });
        const post: Post = (request, transfer = []) => {
          if (request.kind === 'bytes') inFlight += request.bytes.length;
          worker.postMessage(request, transfer);
        };
        const room: Room = async () => {
          while (inFlight > MAX_IN_FLIGHT && !signal.aborted) {
            await new Promise<void>((resolveRoom) => (wake = resolveRoom));
          }
        };
        Promise.resolve(
          talk(post, room, () => new Uint8Array(free.pop() ?? new ArrayBuffer(BATCH_SIZE))),
        ).catch(reject);
      });
      this.#giveBack(worker);
      return result;
    } catch (error) {
      void worker.terminate();
      throw error;
    } finally {
      wake?.();
      signal.removeEventListener('abort', onAbort);
      worker.removeAllListeners('message');
    }
  }

  #takeWorker(): Worker {
    const [idle] = this.#idle.keys();
    if (!idle) return new Worker(this.#options.workerUrl, { name: 'berth layer index' });
    clearTimeout(this.#idle.get(idle));
    this.#idle.delete(idle);
    idle.ref();
    return idle;
  }

  #giveBack(worker: Worker): void {
    worker.removeAllListeners('error');
    worker.on('error', () => this.#idle.delete(worker));
    worker.unref();
    const timer = setTimeout(() => {
      this.#idle.delete(worker);
      void worker.terminate();
    }, IDLE_MS);
    timer.unref();
    this.#idle.set(worker, timer);
  }
}

interface Result {
  readonly index: LayerIndex;
  /** Its memory is that of the index. */
  readonly packed: Uint8Array;
}
type Post = (request: LayerRequest, transfer?: ArrayBuffer[]) => void;
/** A buffer of BATCH_SIZE to fill. */
type NewBatch = () => Uint8Array<ArrayBuffer>;
/** Resolves when there is room for more. */
type Room = () => Promise<void>;

/** Small chunks are gathered: every message costs something, and several may lie in one buffer, which can be transferred only once. */
async function pump(
  stream: Readable,
  tail: Uint8Array | undefined,
  post: Post,
  room: Room,
  newBatch: NewBatch,
): Promise<void> {
  let batch = newBatch();
  let length = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    post({ kind: 'bytes', bytes: batch.subarray(0, length) }, [batch.buffer]);
    length = 0;
    await room();
    batch = newBatch();
  };
  const take = async (chunk: Uint8Array): Promise<void> => {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BATCH_SIZE - length);
      batch.set(part, length);
      length += part.length;
      at += part.length;
      if (length === BATCH_SIZE) await flush();
    }
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) await take(chunk);
  if (tail) await take(tail);
  await flush();
  post({ kind: 'end' });
}

function cancelled(signal: AbortSignal): CoreError {
  return new CoreError('cancelled', 'cancelled', {}, signal.reason);
}

function toError({ kind, message, details }: (LayerReply & { kind: 'failed' })['error']): Error {
  return kind === undefined ? new Error(message) : new CoreError(kind, message, details);
}
