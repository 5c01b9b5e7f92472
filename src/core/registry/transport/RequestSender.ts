/** One request and its reply: a place among the host's, the way through a proxy, the guard over the body. */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { CoreError, type ErrorDetails } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { cancelledError, linkSignals } from './cancellation.ts';
import type { ConnectionLimiter, Slot } from './ConnectionLimiter.ts';
import type { RegistryDispatcher } from './createDispatcher.ts';
import { dump, GuardedBody, readAll } from './GuardedBody.ts';
import { toNetworkError } from './networkError.ts';
import { isProxyStatus, proxyStatusError, toProxyError } from './proxyError.ts';
import type { SecretScrubber } from './SecretScrubber.ts';
import type { TransportLimits, TransportRequest, TransportResponse } from './TransportRequest.ts';

/** A request as it goes out, after redirects and with what it carries. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: TransportRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: TransportRequest['body'];
  readonly replyTimeoutMs?: TransportRequest['replyTimeoutMs'] | undefined;
  readonly passage?: TransportRequest['passage'] | undefined;
  /** Asked when the request's turn has come, for what it is signed with. Absent outside of the registry's origin. */
  readonly authorize?: (() => string | undefined) | undefined;
  /** Others wait for the token: it waits for none of them. */
  readonly isTokenRequest?: true;
}

export interface RequestSenderOptions {
  readonly dispatcher: RegistryDispatcher;
  readonly limiter: ConnectionLimiter;
  readonly limits: TransportLimits;
  readonly scrubber: SecretScrubber;
  /** Ends everything when it aborts. */
  readonly disposal: AbortSignal;
  readonly onWarning: ((text: string) => void) | undefined;
}

/** Larger bodies go out in pieces, so that the deadline for the reply starts anew with each. */
const BODY_PIECE_BYTES = 64 * 1024;

export class RequestSender {
  readonly #options: RequestSenderOptions;
  readonly #warnings = new Set<string>();

  constructor(options: RequestSenderOptions) {
    this.#options = options;
  }

  /** The slot is held until the body is closed. @throws CoreError of the network, of a proxy, or `cancelled` */
  async send(
    request: OutgoingRequest,
    details: ErrorDetails,
    signal: AbortSignal,
  ): Promise<TransportResponse> {
    const { url, method, body, authorize } = request;
    const { dispatcher, limits, disposal } = this.#options;
    const route = dispatcher.route(url);
    const scope = linkSignals(signal, disposal);
    let slot: Slot | undefined;
    const finish = (): void => {
      scope.unlink();
      slot?.release();
    };
    try {
      slot = await this.#acquireSlot(request, scope.signal);
      const authorization = authorize?.();
      const reply = await dispatcher.agent.request({
        origin: route.origin,
        path: route.path,
        method,
        headers: {
          ...request.headers,
          ...(authorization === undefined ? {} : { authorization }),
          ...route.headers,
          ...lengthHeader(body),
        },
        body: toPieces(body),
        // Else undici closes the connection after every HEAD, and its agent then the pool of the requests that follow.
        reset: false,
        signal: scope.signal,
        headersTimeout: request.replyTimeoutMs ?? limits.headersTimeoutMs,
      });
      slot.answered();
      this.#noteWarnings(reply.headers['warning']);
      if (route.isAbsolute && isProxyStatus(reply.statusCode)) {
        await dump(reply.body);
        throw proxyStatusError(route.proxyHost, url.host, reply.statusCode);
      }
      return this.#respond(request, reply, details, scope.signal, finish);
    } catch (error) {
      finish();
      if (body instanceof Readable) body.destroy();
      if (scope.signal.aborted) throw cancelledError(signal);
      throw route.isAbsolute ? toProxyError(error, route.proxyHost, details) : toNetworkError(error, details);
    }
  }

  async #acquireSlot(
    { url, body, passage, isTokenRequest }: OutgoingRequest,
    signal: AbortSignal,
  ): Promise<Slot> {
    const { limiter, limits } = this.#options;
    // At once there for the rest of a download that was cut.
    const kept = passage?.slotAt(url.host);
    if (kept !== undefined) return kept;
    // An upload that goes where none was kept, to another host than asked: its download is under way and holds a place.
    const mustNotWait = isTokenRequest === true || body instanceof Readable;
    const waitsFor = mustNotWait ? 'nothing' : passage === undefined ? 'total' : 'host';
    const slot = await limiter.acquire(url.host, limits.connectionsPerHost, waitsFor, signal);
    // undici takes the socket back one turn after the reply's end; an earlier request would open another one.
    return { answered: slot.answered, release: () => setImmediate(slot.release) };
  }

  #respond(
    { url, method }: OutgoingRequest,
    reply: Dispatcher.ResponseData,
    details: ErrorDetails,
    signal: AbortSignal,
    onClose: () => void,
  ): TransportResponse {
    const { statusCode: status, headers } = reply;
    const encodings = String(headers['content-encoding'] ?? '').split(',').length;
    const length = Number(headers['content-length']);
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    const body = new GuardedBody(reply.body, {
      signal,
      details: { ...details, status },
      ...(hasBody && headers['content-length'] !== undefined && Number.isFinite(length)
        ? { expectedBytes: length }
        : {}),
      slowBodyWindowMs: this.#options.limits.slowBodyWindowMs,
      minBytesPerSecond: this.#options.limits.minBytesPerSecond,
      onClose,
    });
    if (encodings > 1) {
      body.destroy();
      throw new CoreError('protocol', 'nested content encodings', {
        ...details,
        status,
        reason: 'nestedEncodings',
      });
    }
    return {
      status,
      headers,
      url: `${url.origin}${url.pathname}`,
      body,
      bytes: (maxBytes) => readAll(body, maxBytes, { ...details, status }),
    };
  }

  /** RFC 7234's `299 - "text"`; other codes are for caches. */
  #noteWarnings(header: string | string[] | undefined): void {
    for (const line of header === undefined ? [] : Array.isArray(header) ? header : [header]) {
      const text = /^\s*299\s+\S+\s+"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\(.)/g, '$1');
      const shown = text === undefined ? '' : this.#options.scrubber.scrub(toDisplayLine(text));
      if (shown === '' || this.#warnings.has(shown) || this.#warnings.size >= 100) continue;
      this.#warnings.add(shown);
      this.#options.onWarning?.(shown);
    }
  }
}

function lengthHeader(body: TransportRequest['body']): Record<string, string> {
  return body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
}

function toPieces(body: TransportRequest['body']): Uint8Array | Readable | null {
  if (!(body instanceof Uint8Array) || body.length <= BODY_PIECE_BYTES) return body ?? null;
  return Readable.from(pieces(body), { objectMode: false });
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += BODY_PIECE_BYTES) {
    yield bytes.subarray(start, start + BODY_PIECE_BYTES);
  }
}
