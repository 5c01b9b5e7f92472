/**
 * A blob as a stream that survives cut connections: it goes on by Range where it stopped, within the four requests of an operation, and
 * ends well only when length and digest are the expected ones. Rows 6 to 12 of the fault table.
 */
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CoreError, isCoreError, type ErrorDetails } from '../../common/CoreError.ts';
import { digestAlgorithm, type Digest } from '../../oci/digest.ts';
import { onCancel } from './cancellation.ts';
import { MAX_REQUESTS } from './retryPolicy.ts';
import type { RequestBudget, Transport, TransportRequest, TransportResponse } from './Transport.ts';

/** What is known of the content beforehand. */
export interface ExpectedContent {
  readonly digest: Digest;
  /** Size of the whole content. Undefined: what the first reply says; without that a cut cannot be resumed. */
  readonly sizeInBytes?: number;
  /** A part instead of the whole, whose length is verified but whose digest cannot be. Needs `sizeInBytes`. */
  readonly range?: { readonly offset: number; readonly length: number };
}

/** The GET as the transport takes it; method and Range are ours. */
export type ContentRequest = Omit<TransportRequest, 'method' | 'body' | 'accept' | 'idempotent' | 'budget'>;

type Sender = Pick<Transport, 'request'>;

/**
 * Resolves when the first reply's headers are there. The stream fails with CoreError `digestMismatch` (reason `spliced`
 * when it had been resumed: reading it all once more may help), `sizeMismatch`, `protocol` (reasons `extraBytes`,
 * `contentRange`) or whatever ended the last attempt; the digest is checked before the stream ends.
 */
export async function openResumableBody(
  transport: Sender,
  request: ContentRequest,
  expected: ExpectedContent,
): Promise<BlobBody> {
  const scope = new AbortController();
  const unlink = onCancel(request.signal, () => scope.abort(request.signal.reason));
  const download = new Download(transport, { ...request, signal: scope.signal }, expected);
  try {
    const first = await download.open();
    return new BlobBody(download.chunks(first), first.status === 206, () => {
      unlink();
      scope.abort();
    });
  } catch (error) {
    unlink();
    throw error;
  }
}

/** Reads an iterator; unlike `Readable.from` it ends the work behind it at once when it is destroyed. */
export class BlobBody extends Readable {
  /** The registry sent no more than the part that was asked for. */
  readonly isPartial: boolean;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #onClose: () => void;

  constructor(chunks: AsyncIterator<Buffer>, isPartial: boolean, onClose: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.isPartial = isPartial;
    this.#chunks = chunks;
    this.#onClose = onClose;
    // An error before anybody reads must not end the process; whoever reads later still meets it.
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ done, value }) => this.push(done === true ? null : value),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#onClose();
    callback(error);
  }
}

/** All of the content in memory. Read once more from the start when resuming spliced two contents together. */
export async function readResumableBytes(
  transport: Sender,
  request: ContentRequest,
  expected: Omit<ExpectedContent, 'range'>,
  maxBytes: number,
): Promise<Uint8Array> {
  for (let isRestart = false; ; isRestart = true) {
    const body = await openResumableBody(transport, request, expected);
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > maxBytes) throw tooLarge(request, maxBytes);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks, length);
    } catch (error) {
      const isSpliced = isCoreError(error, 'digestMismatch') && error.details.reason === 'spliced';
      if (!isSpliced || isRestart) throw error;
    }
  }
}

class Download {
  readonly #transport: Sender;
  readonly #request: ContentRequest;
  readonly #expected: ExpectedContent;
  readonly #details: ErrorDetails;
  /** Position of the first wanted byte, and of the first unwanted one where that is known. */
  readonly #start: number;
  #end: number | undefined;
  /** Position of the next byte to deliver. */
  #position: number;
  #host: string | undefined;
  readonly #budget: RequestBudget = { sent: 0 };

  constructor(transport: Sender, request: ContentRequest, expected: ExpectedContent) {
    this.#transport = transport;
    this.#request = request;
    this.#expected = expected;
    const { operation, subject } = request;
    this.#details = { operation, ...(subject === undefined ? {} : { subject }) };
    this.#start = expected.range?.offset ?? 0;
    this.#end = expected.range === undefined ? expected.sizeInBytes : this.#start + expected.range.length;
    this.#position = this.#start;
  }

  /** Asks for what is still missing. */
  async open(): Promise<TransportResponse> {
    const isPart = this.#position > 0 || this.#expected.range !== undefined;
    const last = this.#expected.range === undefined || this.#end === undefined ? '' : this.#end - 1;
    const response = await this.#transport.request({
      ...this.#request,
      method: 'GET',
      budget: this.#budget,
      headers: {
        ...this.#request.headers,
        'accept-encoding': 'identity',
        ...(isPart ? { range: `bytes=${this.#position}-${last}` } : {}),
      },
    });
    this.#host = URL.parse(response.url)?.host;
    try {
      this.#checkHeaders(response, isPart);
    } catch (error) {
      response.body.destroy();
      throw error;
    }
    return response;
  }

  async *chunks(first: TransportResponse): AsyncGenerator<Buffer> {
    // The bytes of a part have no digest of their own.
    const hash =
      this.#expected.range === undefined ? createHash(digestAlgorithm(this.#expected.digest)) : undefined;
    let response = first;
    let wasResumed = false;
    for (;;) {
      try {
        for await (const chunk of this.#wanted(response)) {
          hash?.update(chunk);
          yield chunk;
        }
        if (this.#end === undefined || this.#position === this.#end) break;
        throw this.#error('sizeMismatch', 'short');
      } catch (error) {
        if (!this.#canResume(error) || this.#budget.sent >= MAX_REQUESTS) throw error;
        wasResumed = true;
        response = await this.open();
      }
    }
    this.#checkDigest(hash, wasResumed);
  }

  /** The bytes of one reply that are still missing; skips what a reply without Range repeats. */
  async *#wanted(response: TransportResponse): AsyncGenerator<Buffer> {
    const isPart = response.status === 206;
    let skip = isPart ? 0 : this.#position;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      const room = this.#end === undefined ? fresh.length : this.#end - this.#position;
      if (fresh.length > room && (isPart || this.#expected.range === undefined)) {
        throw this.#error('protocol', 'extraBytes');
      }
      const wanted = fresh.subarray(0, room);
      this.#position += wanted.length;
      if (wanted.length > 0) yield wanted;
      // The whole came where a part was asked for: the rest is not needed.
      if (fresh.length > room) return;
    }
  }

  /** Content-Range and Content-Length have to fit what was asked for and what is known. RFC 9110, 14.4. */
  #checkHeaders(response: TransportResponse, isPart: boolean): void {
    const { status, headers } = response;
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    const size = this.#expected.sizeInBytes;
    if (status === 206) {
      const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(String(headers['content-range'] ?? ''));
      const [from, to, total] = [match?.[1], match?.[2], match?.[3]].map(Number);
      const fits =
        isPart &&
        match !== null &&
        from === this.#position &&
        to! >= from &&
        (this.#end === undefined || to! < this.#end) &&
        (match[3] === '*' || size === undefined || total === size) &&
        (length === undefined || length === to! - from + 1);
      if (!fits) throw this.#error('protocol', 'contentRange');
      return;
    }
    if (length === undefined) return;
    this.#end ??= length;
    const whole = size ?? this.#end;
    if (length !== whole) throw this.#error('sizeMismatch', length < whole ? 'short' : 'long');
  }

  #canResume(error: unknown): boolean {
    if (this.#end === undefined || this.#position >= this.#end) return false;
    if (isCoreError(error, 'connectionReset', 'timeout')) return true;
    return isCoreError(error, 'sizeMismatch') || (isCoreError(error, 'protocol') && isBrokenFraming(error));
  }

  #checkDigest(hash: Hash | undefined, wasResumed: boolean): void {
    const { digest } = this.#expected;
    if (hash === undefined || digest === `${digestAlgorithm(digest)}:${hash.digest('hex')}`) return;
    throw this.#error('digestMismatch', wasResumed ? 'spliced' : 'content');
  }

  #error(kind: 'digestMismatch' | 'protocol' | 'sizeMismatch', reason: string): CoreError {
    const host = this.#host === undefined ? {} : { host: this.#host };
    return new CoreError(kind, `${this.#request.operation}: ${reason}`, {
      ...this.#details,
      ...host,
      reason,
    });
  }
}

/** Chunked framing that breaks off in the middle is one more way for a connection to be cut. */
function isBrokenFraming(error: CoreError): boolean {
  return error.details.reason === 'malformedReply';
}

function tooLarge({ operation, subject }: ContentRequest, maxBytes: number): CoreError {
  const details = { operation, ...(subject === undefined ? {} : { subject }) };
  return new CoreError('tooLarge', `${operation}: over ${maxBytes} bytes`, details);
}
