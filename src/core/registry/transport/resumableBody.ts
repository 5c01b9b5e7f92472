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
import type { Transport } from './Transport.ts';
import type { RequestBudget, TransportRequest, TransportResponse } from './TransportRequest.ts';

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
 * `contentRange`) or whatever ended the last attempt; the digest is checked before the last bytes come, or
 * before the end where the size is unknown.
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
    return new BlobBody(download, first, () => {
      unlink();
      scope.abort();
    });
  } catch (error) {
    unlink();
    throw error;
  }
}

/**
 * Passes on what a download receives as it comes: no promise and no copy for each chunk, which is what copies of
 * gigabytes live on. Destroyed, it ends the work behind it at once.
 */
export class BlobBody extends Readable {
  /** The registry sent no more than the part that was asked for. */
  readonly isPartial: boolean;
  readonly #download: Download;
  readonly #onClose: () => void;
  /** The reply that is read; undefined while another one is asked for. */
  #source: Readable | undefined;
  #isWanted = false;

  constructor(download: Download, first: TransportResponse, onClose: () => void) {
    super({ highWaterMark: 64 * 1024 });
    this.isPartial = first.status === 206;
    this.#download = download;
    this.#onClose = onClose;
    // An error before anybody reads must not end the process; whoever reads later still meets it.
    this.on('error', () => undefined);
    this.#attach(first);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#source?.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#onClose();
    this.#source?.destroy();
    callback(error);
  }

  #attach({ status, body }: TransportResponse): void {
    this.#source = body;
    this.#download.begin(status);
    body.pause();
    body
      .on('data', (chunk: Buffer) => this.#take(body, chunk))
      .once('end', () => this.#end(body))
      .once('error', (error) => this.#fail(body, error));
    if (this.#isWanted) body.resume();
  }

  #take(source: Readable, chunk: Buffer): void {
    if (source !== this.#source) return;
    try {
      const wanted = this.#download.take(chunk);
      if (wanted.length > 0 && !this.push(wanted)) {
        this.#isWanted = false;
        source.pause();
      }
      if (this.#download.isCutOff) this.#end(source);
    } catch (error) {
      this.#fail(source, error);
    }
  }

  #end(source: Readable): void {
    if (source !== this.#source) return;
    try {
      this.#download.checkComplete();
      this.#release(source);
      this.push(null);
    } catch (error) {
      this.#fail(source, error);
    }
  }

  /** Goes on with another reply where that makes sense. */
  #fail(source: Readable, error: unknown): void {
    if (source !== this.#source) return;
    this.#release(source);
    if (!this.#download.canResume(error)) {
      this.destroy(error as Error);
      return;
    }
    this.#download.open().then(
      (response) => {
        if (this.destroyed) response.body.destroy();
        else this.#attach(response);
      },
      (failure: unknown) => this.destroy(failure as Error),
    );
  }

  #release(source: Readable): void {
    this.#source = undefined;
    source.destroy();
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
  /** Position of the first unwanted byte, where that is known. */
  #end: number | undefined;
  /** Position of the next byte to deliver. */
  #position: number;
  #host: string | undefined;
  readonly #budget: RequestBudget = { sent: 0 };
  /** Undefined: checked, or of a part, whose bytes have no digest of their own. */
  #hash: Hash | undefined;
  #isPart = false;
  /** Bytes that the reply repeats. */
  #skip = 0;
  #isCutOff = false;
  #replies = 0;

  constructor(transport: Sender, request: ContentRequest, expected: ExpectedContent) {
    this.#transport = transport;
    this.#request = request;
    this.#expected = expected;
    const { operation, subject } = request;
    this.#details = { operation, ...(subject === undefined ? {} : { subject }) };
    this.#position = expected.range?.offset ?? 0;
    this.#end = expected.range === undefined ? expected.sizeInBytes : this.#position + expected.range.length;
    this.#hash = expected.range === undefined ? createHash(digestAlgorithm(expected.digest)) : undefined;
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

  /** A reply of this status is read from now on. */
  begin(status: number): void {
    this.#replies += 1;
    this.#isPart = status === 206;
    // A reply without Range repeats what was there.
    this.#skip = this.#isPart ? 0 : this.#position;
  }

  /** The bytes of `chunk` that are still missing, which count as delivered. @throws CoreError for too many. */
  take(chunk: Buffer): Buffer {
    let wanted = chunk;
    if (this.#skip > 0) {
      wanted = chunk.subarray(Math.min(this.#skip, chunk.length));
      this.#skip -= chunk.length - wanted.length;
    }
    const room = this.#end === undefined ? wanted.length : this.#end - this.#position;
    if (wanted.length > room) {
      if (this.#isPart || this.#expected.range === undefined) throw this.#error('protocol', 'extraBytes');
      this.#isCutOff = true;
      wanted = wanted.subarray(0, room);
    }
    this.#position += wanted.length;
    this.#hash?.update(wanted);
    // Before the last bytes are handed on: who passes them on to a registry has its answer at once, and would tell that.
    if (wanted.length > 0 && this.#position === this.#end) this.#checkDigest();
    return wanted;
  }

  /** The whole came where a part was asked for: the rest is not needed. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** @throws CoreError where the replies have ended too early or had other content. */
  checkComplete(): void {
    if (this.#end !== undefined && this.#position !== this.#end) throw this.#error('sizeMismatch', 'short');
    this.#checkDigest();
  }

  #checkDigest(): void {
    const { digest } = this.#expected;
    const hash = this.#hash;
    if (hash === undefined) return;
    this.#hash = undefined;
    if (digest === `${digestAlgorithm(digest)}:${hash.digest('hex')}`) return;
    throw this.#error('digestMismatch', this.#replies > 1 ? 'spliced' : 'content');
  }

  /** Whether the rest may be asked for after `error`. */
  canResume(error: unknown): boolean {
    if (this.#budget.sent >= MAX_REQUESTS) return false;
    if (this.#end === undefined || this.#position >= this.#end) return false;
    if (isCoreError(error, 'connectionReset', 'timeout')) return true;
    return isCoreError(error, 'sizeMismatch') || (isCoreError(error, 'protocol') && isBrokenFraming(error));
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
