/**
 * Sends a blob to a registry as a stream, whatever its size, with nothing kept: mounted where the registry has it,
 * else in one PUT; after a cut the registry is asked how far it got and the rest follows as a chunk. The registry
 * checks the digest of what it received. Rows 38 to 41 of the fault table.
 */
import type { Readable } from 'node:stream';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import { delay, throwIfCancelled } from './transport/cancellation.ts';
import type { Passage } from './transport/ConnectionLimiter.ts';
import { giveAway } from './transport/ReadBuffers.ts';
import { backOffMs } from './transport/retryPolicy.ts';
import { UploadSession } from './UploadSession.ts';
import type { BlobRequest } from './UploadSession.ts';

/** A blob that can be read from anywhere in it, as often as need be. */
export interface BlobContent {
  readonly digest: Digest;
  readonly sizeInBytes: number;
  /** Of the registry it is read from. Absent: it is on this machine. */
  readonly host?: string;
  /** The content from byte `offset` on. From 0 it fails before its end when it has another digest. */
  open(offset: number, signal: AbortSignal, passage?: Passage): Promise<Readable>;
}

export interface BlobTransferOptions {
  readonly signal: AbortSignal;
  /** Full name of a repository of the same registry that has the blob. */
  readonly mountFrom?: string;
  /** Bytes of the blob sent so far; goes back where the registry got less. */
  readonly onProgress?: (sentInBytes: number) => void;
  /** First pause after a failure, doubled each time. Milliseconds. */
  readonly retryDelayMs?: number;
}

export type BlobTransferResult = 'mounted' | 'uploaded';

interface StreamOptions extends BlobTransferOptions {
  readonly request: BlobRequest;
  /** Whether the registry has the blob by now. */
  readonly isThere: () => Promise<boolean>;
}

/** Tries in a row that may come to nothing. */
const MAX_TRIES = 4;
/** A try that moved this much forward counts as one that got somewhere. */
const PROGRESS_BYTES = 8 * 1024 * 1024;
const DEFAULT_RETRY_DELAY_MS = 250;
/** After the last byte the registry may put gigabytes in place before it answers. */
const REPLY_TIMEOUT_MS = 30_000;
const COMMIT_BYTES_PER_MS = 20_000;
/** Cancel has to be over within a second. */
const GIVE_UP_TIMEOUT_MS = 700;

/** @throws CoreError of the side that failed; the session is then given up. */
export async function streamBlob(
  requests: RegistryRequests,
  name: string,
  content: BlobContent,
  options: StreamOptions,
): Promise<BlobTransferResult> {
  const session = await openSession(requests, name, content, options);
  if (!session) return 'mounted';
  if (options.mountFrom !== undefined && (await options.isThere())) {
    // It had only to be left where it is.
    await session.cancel();
    return 'mounted';
  }
  await new BlobStream(requests, name, content, options, session).send();
  return 'uploaded';
}

/** Undefined: mounted. A registry that refuses to mount may still take an upload. */
async function openSession(
  requests: RegistryRequests,
  name: string,
  { digest }: BlobContent,
  { request, mountFrom }: StreamOptions,
): Promise<UploadSession | undefined> {
  if (mountFrom !== undefined) {
    try {
      return await UploadSession.open(requests, name, request, { digest, from: mountFrom });
    } catch (error) {
      const isRefusal = isCoreError(
        error,
        'unauthorized',
        'forbidden',
        'notFound',
        'unsupported',
        'protocol',
      );
      if (!isRefusal) throw error;
    }
  }
  return UploadSession.open(requests, name, request);
}

class BlobStream {
  readonly #requests: RegistryRequests;
  readonly #name: string;
  readonly #content: BlobContent;
  readonly #options: StreamOptions;
  readonly #replyTimeoutMs: number;
  #session: UploadSession;
  /** What the registry has of it, as far as is known. */
  #offset = 0;
  #sent = 0;

  constructor(
    requests: RegistryRequests,
    name: string,
    content: BlobContent,
    options: StreamOptions,
    session: UploadSession,
  ) {
    this.#requests = requests;
    this.#name = name;
    this.#content = content;
    this.#options = options;
    this.#session = session;
    this.#replyTimeoutMs = REPLY_TIMEOUT_MS + content.sizeInBytes / COMMIT_BYTES_PER_MS;
  }

  async send(): Promise<void> {
    const { signal } = this.#options;
    let tries = 0;
    let farthest = 0;
    try {
      for (;;) {
        const failure = await this.#try();
        if (!failure) return;
        throwIfCancelled(signal);
        if (this.#sent - farthest >= PROGRESS_BYTES) tries = 0;
        farthest = Math.max(farthest, this.#sent);
        tries += 1;
        if (tries >= MAX_TRIES || !isPassing(failure, tries)) throw failure;
        await this.#pause(failure, tries);
        if (await this.#recover(failure)) return;
      }
    } catch (error) {
      // What is left of it is of no use to anybody.
      await this.#session.cancel(AbortSignal.timeout(GIVE_UP_TIMEOUT_MS));
      throw error;
    }
  }

  /** Sends all that is missing. @returns what went wrong; undefined when the registry has the blob. */
  async #try(): Promise<CoreError | undefined> {
    const { digest, sizeInBytes } = this.#content;
    const replyTimeoutMs = this.#replyTimeoutMs;
    const accept = [404, 416];
    let status: number;
    try {
      if (this.#offset === 0 && sizeInBytes > 0) {
        const options = { accept, length: sizeInBytes, replyTimeoutMs };
        status = await this.#sendFrom(0, (body, passage) =>
          this.#session.finish(digest, body, { ...options, passage }),
        );
      } else {
        status = 200;
        const length = sizeInBytes - this.#offset;
        if (length > 0) {
          const options = { accept, length, replyTimeoutMs };
          status = await this.#sendFrom(this.#offset, (body, passage) =>
            this.#session.append(this.#offset, body, { ...options, passage }),
          );
        }
        if (status < 300) {
          status = await this.#session.finish(digest, new Uint8Array(), { accept, replyTimeoutMs });
        }
      }
    } catch (error) {
      if (!isCoreError(error)) throw error;
      return error;
    }
    return status < 300 ? undefined : this.#sessionError(status);
  }

  async #sendFrom(
    offset: number,
    send: (body: Readable, passage: Passage) => Promise<number>,
  ): Promise<number> {
    const passage = await this.#requests.acquirePassage(this.#content.host, this.#options.signal);
    try {
      const source = await this.#content.open(offset, this.#options.signal, passage);
      return await this.#pass(source, offset, (body) => send(body, passage));
    } finally {
      // Sockets are free one turn after the end of what they carried.
      setImmediate(passage.release);
    }
  }

  async #pass(source: Readable, offset: number, send: (body: Readable) => Promise<number>): Promise<number> {
    const { onProgress } = this.#options;
    let sourceError: unknown;
    this.#sent = offset;
    onProgress?.(offset);
    // Counted in passing; it is to flow only when the registry's turn has come.
    source.pause();
    source.on('data', (chunk: Buffer) => {
      this.#sent += chunk.length;
      onProgress?.(this.#sent);
      giveAway(chunk);
    });
    source.once('error', (error) => (sourceError ??= error));
    try {
      return await send(source);
    } catch (error) {
      // Where the source broke off, what the registry made of it is of no interest.
      throw isCoreError(sourceError) && !isCoreError(sourceError, 'cancelled') ? sourceError : error;
    } finally {
      source.destroy();
    }
  }

  #pause(failure: CoreError, tries: number): Promise<void> {
    const { signal, retryDelayMs = DEFAULT_RETRY_DELAY_MS } = this.#options;
    const asked = failure.details.retryAfterSeconds;
    const ms = asked === undefined ? backOffMs(retryDelayMs, tries - 1, Math.random()) : asked * 1000;
    return delay(Math.min(ms, 60_000), signal);
  }

  /** Finds out where to go on. True when the registry has the blob already. */
  async #recover(failure: CoreError): Promise<boolean> {
    const { isThere, onProgress } = this.#options;
    const wasSent = this.#sent >= this.#content.sizeInBytes;
    if (wasSent && (await isThere())) return true;
    const mustRestart =
      failure.kind === 'digestMismatch' ||
      (failure.details.reason === 'uploadSession' && failure.details.status === 404);
    const offset = mustRestart ? undefined : await this.#askOffset();
    // After a refused chunk, nothing or more than there is makes no sense: better a new one.
    const isUsable =
      offset !== undefined &&
      offset <= this.#content.sizeInBytes &&
      !(offset === 0 && failure.details.status === 416);
    if (isUsable) {
      this.#offset = offset;
    } else {
      if (failure.details.status !== 404) await this.#session.cancel(AbortSignal.timeout(GIVE_UP_TIMEOUT_MS));
      this.#session = (await UploadSession.open(this.#requests, this.#name, this.#options.request))!;
      this.#offset = 0;
    }
    this.#sent = this.#offset;
    onProgress?.(this.#offset);
    return false;
  }

  /** Undefined: the session is gone. */
  async #askOffset(): Promise<number | undefined> {
    try {
      return await this.#session.offset();
    } catch (error) {
      if (isCoreError(error, 'notFound', 'unsupported', 'protocol')) return undefined;
      throw error;
    }
  }

  #sessionError(status: number): CoreError {
    const { operation, subject } = this.#options.request;
    return new CoreError(status === 404 ? 'notFound' : 'protocol', `${operation}: ${status}`, {
      ...this.#requests.contextOf({ operation, ...(subject !== undefined && { subject }) }),
      reason: 'uploadSession',
      status,
    });
  }
}

/** Whether another try may go better. */
function isPassing(failure: CoreError, tries: number): boolean {
  // The token may have run out on the way; a second refusal is meant.
  if (failure.kind === 'unauthorized') return tries === 1;
  if (failure.details.reason === 'uploadSession') return true;
  // Resuming the download put two contents together; or the registry found out that something did.
  if (failure.kind === 'digestMismatch') return failure.details.reason === 'spliced';
  return isCoreError(
    failure,
    'connectionRefused',
    'connectionReset',
    'timeout',
    'serverError',
    'rateLimited',
    'sizeMismatch',
  );
}
