/**
 * A response body that cannot hang or lie about its length: too slow for too long aborts, a body shorter or longer
 * than its Content-Length is an error, Cancel ends it at once, and every failure is a CoreError.
 */
import { Readable } from 'node:stream';
import { CoreError, type ErrorDetails } from '../../common/CoreError.ts';
import { cancelledError, onCancel } from './cancellation.ts';
import { toNetworkError } from './networkError.ts';

/** A reply that is dropped is read to its end up to this size, which keeps the connection; beyond, the socket is closed. */
const MAX_DUMPED_BYTES = 16 * 1024;

export interface BodyGuard {
  readonly signal: AbortSignal;
  /** Host, operation and subject for errors. */
  readonly details: ErrorDetails;
  /** From Content-Length, where the reply has a body and the header is a number. */
  readonly expectedBytes?: number;
  readonly slowBodyWindowMs: number;
  readonly minBytesPerSecond: number;
  /** Called when the server has sent everything, or the body failed or was destroyed; possibly more than once. */
  readonly onClose: () => void;
}

/** The window is watched in this many slices, so that a stall is noticed soon after it is one window long. */
const SLICES = 4;

export class GuardedBody extends Readable {
  readonly #source: Readable;
  readonly #guard: BodyGuard;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #receivedBytes = 0;
  /** Bytes of the latest slices during which the reader wanted more than came. */
  #slices: number[] = [];
  #sliceStart = 0;
  #readerPaused = false;

  constructor(source: Readable, guard: BodyGuard) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#guard = guard;
    // An error before anybody reads must not end the process; whoever reads later still meets it.
    this.on('error', () => undefined);
    source.on('error', (error) => {
      this.destroy(toNetworkError(error, guard.details));
    });
    source.on('end', () => this.#end());
    this.#stopListening = onCancel(guard.signal, () => {
      this.destroy(cancelledError(guard.signal));
    });
    // What fits the buffer is taken at once: a short reply frees its connection even when nobody reads it.
    this.read(0);
  }

  override _read(): void {
    if (this.#timer === undefined && !this.destroyed) {
      this.#source.on('data', (chunk: Buffer) => this.#take(chunk));
      this.#timer = setInterval(() => this.#judgeSpeed(), this.#guard.slowBodyWindowMs / SLICES);
    }
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#settle();
    // The source may still report the abort it suffers here; nobody else listens any more.
    this.#source.on('error', () => undefined);
    this.#source.destroy();
    callback(error);
  }

  #take(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    const { expectedBytes } = this.#guard;
    if (expectedBytes !== undefined && this.#receivedBytes > expectedBytes) {
      this.#fail('protocol', 'extraBytes');
    } else if (!this.push(chunk)) {
      this.#readerPaused = true;
      this.#source.pause();
    }
  }

  #end(): void {
    const { expectedBytes } = this.#guard;
    if (expectedBytes !== undefined && this.#receivedBytes < expectedBytes)
      this.#fail('sizeMismatch', 'short');
    else {
      this.#settle();
      this.push(null);
    }
  }

  #settle(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#guard.onClose();
  }

  #judgeSpeed(): void {
    const received = this.#receivedBytes - this.#sliceStart;
    this.#sliceStart = this.#receivedBytes;
    // A reader that takes its time is not the server's fault: start over.
    const isServersFault = !this.#readerPaused && !this.#source.isPaused();
    this.#readerPaused = false;
    this.#slices = isServersFault ? [...this.#slices, received].slice(-SLICES) : [];
    const { slowBodyWindowMs, minBytesPerSecond } = this.#guard;
    const total = this.#slices.reduce((sum, bytes) => sum + bytes, 0);
    if (this.#slices.length === SLICES && total < (minBytesPerSecond * slowBodyWindowMs) / 1000) {
      this.#fail('timeout', 'slowBody');
    }
  }

  #fail(kind: 'protocol' | 'sizeMismatch' | 'timeout', reason: string): void {
    const { details } = this.#guard;
    this.destroy(
      new CoreError(kind, `the body from ${details.host ?? 'the registry'}: ${reason}`, {
        ...details,
        reason,
      }),
    );
  }
}

/** Everything `body` holds. @throws CoreError `tooLarge` when that is more than `maxBytes`; the body is then closed. */
export async function readAll(body: Readable, maxBytes: number, details: ErrorDetails): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new CoreError(
        'tooLarge',
        `the body from ${details.host ?? 'the registry'} is over ${maxBytes} bytes`,
        details,
      );
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** Drops a body; its connection stays usable when little of it is left. */
export async function dump(body: Readable): Promise<void> {
  let seen = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      seen += chunk.length;
      if (seen > MAX_DUMPED_BYTES) break;
    }
  } catch {
    // Nothing of it was wanted.
  }
}
