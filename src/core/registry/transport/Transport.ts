/**
 * HTTP for one connection: one undici dispatcher, our own retry, deadline, redirect, realm and size rules, bearer
 * tokens shared by concurrent requests. One instance a connection; `dispose` closes its sockets.
 */
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { CoreError, isCoreError, type ErrorDetails, type ErrorKind } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import type { CredentialStore } from '../../credentials/CredentialStore.ts';
import { Authorizer } from '../auth/Authorizer.ts';
import { MAX_TOKEN_BODY_BYTES, type TokenFetch } from '../auth/tokenClient.ts';
import type { ProxyOptions, RegistryEndpoint, TlsOptions } from '../RegistryEndpoint.ts';
import { cancellable, cancelledError, delay, linkSignals, throwIfCancelled } from './cancellation.ts';
import { clientCertificateAlert } from './clientCertificateProblem.ts';
import { ConnectionLimiter, type Passage, type Slot } from './ConnectionLimiter.ts';
import { createDispatcher, type RegistryDispatcher } from './createDispatcher.ts';
import { GuardedBody, readAll } from './GuardedBody.ts';
import { isHtmlResponse } from './isHtmlResponse.ts';
import { toNetworkError } from './networkError.ts';
import { isProxyStatus, proxyStatusError, toProxyError } from './proxyError.ts';
import { checkLeaving, headersForOtherOrigin, isRedirect, MAX_REDIRECTS, refused } from './redirectPolicy.ts';
import { createResponseError } from './responseError.ts';
import {
  backOffMs,
  isTransientStatus,
  isWorthRetrying,
  MAX_REQUESTS,
  MAX_UNAUTHORIZED,
  parseRetryAfter,
} from './retryPolicy.ts';
import { SecretScrubber } from './SecretScrubber.ts';

export interface TransportOptions {
  readonly endpoint: RegistryEndpoint;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions;
  readonly credentials: CredentialStore;
  readonly logger: Logger;
  readonly userAgent: string;
  /**
   * Asked before something the rules refuse by default but a person may allow: a token realm on another registrable
   * host, or a redirect to a private address. Answers are remembered for the life of the transport. Absent: refused.
   */
  readonly confirm?: (question: TransportQuestion) => Promise<boolean>;
  /** Asked before every request; throws where nothing may be sent. Absent: everything may. */
  readonly admit?: () => Promise<void>;
  /** A registry `Warning: 299` text, once per text. */
  readonly onWarning?: (text: string) => void;
  /** Shared by all connections, so that six a host and 24 in all hold together. Absent: one of its own. */
  readonly limiter?: ConnectionLimiter;
  /** Deadlines, overridable so that tests need not wait. */
  readonly limits?: Partial<TransportLimits>;
}

export type TransportQuestion = {
  readonly kind: 'realmOnOtherHost' | 'redirectToPrivateAddress';
  readonly host: string;
  readonly otherHost: string;
};

export interface TransportLimits {
  readonly connectTimeoutMs: number; // 10_000
  readonly headersTimeoutMs: number; // 30_000
  /** Below `minBytesPerSecond` for this long aborts a body. 60_000 */
  readonly slowBodyWindowMs: number;
  readonly minBytesPerSecond: number; // 1024
  readonly maxRetryAfterMs: number; // 60_000
  /** First back-off; doubled and jittered. 250 */
  readonly retryBaseMs: number;
  readonly connectionsPerHost: number; // 6
}

export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path below the API root, already encoded: `/v2/name/tags/list`; or an absolute URL (Link, upload Location). */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  /** Verb phrase for errors: `list tags`. */
  readonly operation: string;
  /** What it is done on, for errors. */
  readonly subject?: string;
  /** Token scopes needed: `repository:name:pull`. */
  readonly scopes: readonly string[];
  /** Statuses that are returned instead of thrown, besides 2xx. */
  readonly accept?: readonly number[];
  /** Safe to send again after a lost reply. Default: GET and HEAD only. */
  readonly idempotent?: boolean;
  /** How long the reply may take once all is sent, where that can be longer than for others. */
  readonly replyTimeoutMs?: number;
  /** Of a blob on its way, for which places are kept. Absent: the request waits for one of its own. */
  readonly passage?: Passage;
  /** Shared by requests that are one operation, so that together they stay within four. Absent: one of its own. */
  readonly budget?: RequestBudget;
  readonly signal: AbortSignal;
}

/** Counts the requests of one operation. */
export interface RequestBudget {
  sent: number;
}

export interface TransportResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined as arrays. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Final URL after redirects, without query. */
  readonly url: string;
  readonly body: Readable;
  /** Whole body, `tooLarge` over the cap. */
  bytes(maxBytes: number): Promise<Uint8Array>;
}

const DEFAULT_LIMITS: TransportLimits = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 30_000,
  slowBodyWindowMs: 60_000,
  minBytesPerSecond: 1024,
  maxRetryAfterMs: 60_000,
  retryBaseMs: 250,
  connectionsPerHost: 6,
};

/** How long other requests wait for the first reply of all before they go out unsigned too. */
const FIRST_CONTACT_MS = 1000;
const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** A reply that is dropped is read to its end up to this size, which keeps the connection; beyond, the socket is closed. */
const MAX_DUMPED_BYTES = 16 * 1024;
/** Larger bodies go out in pieces, so that the deadline for the reply starts anew with each. */
const BODY_PIECE_BYTES = 64 * 1024;

/** How one operation signs its requests to the registry. */
interface Session {
  readonly scopes: readonly string[];
  /** What was sent last, or is to be sent; undefined: whatever is known when the request's turn comes. */
  authorization: string | undefined;
}

/** One request as it goes out, after redirects and with what it carries. */
interface Hop {
  readonly url: URL;
  readonly method: TransportRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: TransportRequest['body'];
  readonly replyTimeoutMs?: number | undefined;
  readonly passage?: Passage | undefined;
  /** Only while the request has not left the registry's origin. */
  readonly session: Session | undefined;
  readonly isTokenRequest?: true;
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #limits: TransportLimits;
  readonly #limiter: ConnectionLimiter;
  readonly #dispatcher: RegistryDispatcher;
  readonly #authorizer: Authorizer;
  readonly #scrubber = new SecretScrubber();
  readonly #root: URL;
  readonly #disposal = new AbortController();
  readonly #answers = new Map<string, Promise<boolean>>();
  readonly #warnings = new Set<string>();
  /** Settled by the first reply: until then nobody knows how to sign in, and all would be refused alike. */
  #contact: PromiseWithResolvers<undefined> | undefined;

  constructor(options: TransportOptions) {
    const { endpoint, tls, proxy, credentials, logger } = options;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#limiter = options.limiter ?? new ConnectionLimiter();
    this.#root = new URL(`${endpoint.scheme}://${endpoint.host}`);
    this.#dispatcher = createDispatcher({
      registryHost: endpoint.host,
      tls,
      proxy,
      connectTimeoutMs: this.#limits.connectTimeoutMs,
      signal: this.#disposal.signal,
    });
    this.#authorizer = new Authorizer({
      registry: this.#root,
      credentialKey: endpoint.credentialKey,
      credentials,
      sendToken: this.#sendToken,
      confirmRealm: (host, otherHost) => this.#confirm({ kind: 'realmOnOtherHost', host, otherHost }),
      isProxied: (url) => this.#dispatcher.route(url).isProxied,
      scrubber: this.#scrubber,
      logger,
    });
  }

  /**
   * Sends, signs in where asked, follows redirects, tries again what is safe. Resolves when the headers of a 2xx or an
   * accepted status are there; a body of more than 64 KiB must then be read or destroyed, for until then it holds one of the host's six slots.
   * @throws CoreError of every kind that is about the network or the reply.
   */
  async request(request: TransportRequest): Promise<TransportResponse> {
    const url = this.#urlOf(request);
    const details: ErrorDetails = {
      host: url.host,
      operation: request.operation,
      ...(request.subject === undefined ? {} : { subject: request.subject }),
    };
    await this.#options.admit?.();
    const troubles = new Map<ErrorKind, number>();
    const session = await this.#openSession(url, request);
    let waitedMs = 0;
    const budget = request.budget ?? { sent: 0 };
    for (;;) {
      throwIfCancelled(request.signal);
      budget.sent += 1;
      let response: TransportResponse | undefined;
      let trouble: CoreError;
      try {
        response = await this.#follow(request, url, session, details);
        if (
          (response.status >= 200 && response.status < 300) ||
          request.accept?.includes(response.status) === true
        ) {
          return response;
        }
        trouble = this.#explainTls(await this.#errorOf(response, details));
      } catch (error) {
        trouble = this.#explainTls(toNetworkError(error, details));
      } finally {
        if (response?.status !== 401 || request.accept?.includes(401) === true)
          this.#contact?.resolve(undefined);
      }
      const before = troubles.get(trouble.kind) ?? 0;
      troubles.set(trouble.kind, before + 1);
      this.#options.logger.debug(
        `${request.method} ${url.host}${url.pathname}: ${trouble.details.status ?? trouble.kind} (request ${budget.sent})`,
      );
      if (trouble.kind === 'unauthorized' && response !== undefined) {
        await this.#answerChallenge(request, response, session, before + 1, budget.sent, trouble);
        continue;
      }
      const waitMs = this.#retryDelayMs(request, trouble, before, budget.sent, waitedMs);
      if (waitMs === undefined) throw trouble;
      waitedMs += waitMs;
      await delay(waitMs, request.signal);
    }
  }

  /** Waits until a blob can flow between this registry and `otherHost`, where it does not stay on this machine. */
  async acquirePassage(otherHost: string | undefined, signal: AbortSignal): Promise<Passage> {
    const hosts = otherHost === undefined ? [this.#root.host] : [this.#root.host, otherHost];
    return this.#limiter.acquirePassage(hosts, this.#limits.connectionsPerHost, signal);
  }

  /** Forgets tokens and cached credentials (after a sign-in). */
  forgetTokens(): void {
    this.#authorizer.forget();
    this.#answers.clear();
    this.#contact = undefined;
  }

  /** Ends what is under way with `cancelled` and closes every socket. */
  async dispose(): Promise<void> {
    this.#disposal.abort();
    this.#authorizer.forget();
    await this.#dispatcher.agent.destroy();
  }

  /** @throws CoreError `invalidInput` for a path that would leave the API's root. */
  #urlOf({ path, query }: TransportRequest): URL {
    let url = /^https?:\/\//i.test(path) ? URL.parse(path) : null;
    if (url === null) {
      const { apiPrefix } = this.#options.endpoint;
      const full = `${apiPrefix === '' ? '' : `/${apiPrefix}`}${path}`;
      url = URL.parse(`${this.#root.origin}${full}`);
      // The URL parser folds `..`: what does not come back as it went in would ask for something else.
      if (url === null || !/^\/(?!\/)/.test(path) || `${url.pathname}${url.search}` !== full) {
        throw new CoreError('invalidInput', 'not a path of a registry', { reason: 'path' });
      }
    }
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  async #openSession(url: URL, { scopes, signal }: TransportRequest): Promise<Session | undefined> {
    if (url.origin !== this.#root.origin) return undefined;
    if (this.#contact === undefined) {
      const contact = Promise.withResolvers<undefined>();
      this.#contact = contact;
      setTimeout(() => contact.resolve(undefined), FIRST_CONTACT_MS).unref();
    } else {
      const { promise } = this.#contact;
      await cancellable<undefined>(signal, (resolve) => {
        void promise.then(resolve);
        return () => undefined;
      });
    }
    return { scopes, authorization: await this.#authorizer.authorize(scopes, signal) };
  }

  /** Signs the session anew after a 401. @throws CoreError when that cannot help. */
  async #answerChallenge(
    request: TransportRequest,
    response: TransportResponse,
    session: Session | undefined,
    timesRefused: number,
    sent: number,
    trouble: CoreError,
  ): Promise<void> {
    try {
      const isOurs = URL.parse(response.url)?.origin === this.#root.origin;
      if (session === undefined || !isOurs) throw trouble;
      const { scopes, authorization } = session;
      if (timesRefused >= MAX_UNAUTHORIZED || sent >= MAX_REQUESTS)
        throw this.#authorizer.refusal(scopes, trouble.details);
      const challenge = response.headers['www-authenticate'];
      session.authorization = await this.#authorizer.answer(
        challenge,
        scopes,
        authorization,
        trouble.details,
        request.signal,
      );
    } finally {
      this.#contact?.resolve(undefined);
    }
    // A stream has been used up; the token is there for the next try.
    if (request.body instanceof Readable) throw trouble;
  }

  /** Milliseconds to wait before the next request; undefined to give up. */
  #retryDelayMs(
    request: TransportRequest,
    trouble: CoreError,
    before: number,
    sent: number,
    waitedMs: number,
  ): number | undefined {
    if (request.body instanceof Readable || !isWorthRetrying(trouble.kind, before, sent)) return undefined;
    if (trouble.kind === 'serverError' && !isTransientStatus(trouble.details.status ?? 0)) return undefined;
    const isSafe = request.idempotent ?? (request.method === 'GET' || request.method === 'HEAD');
    // A 429 and a refused connection have done nothing, so that anything may be sent again after them.
    if (!isSafe && trouble.kind !== 'rateLimited' && trouble.kind !== 'connectionRefused') return undefined;
    const askedSeconds = trouble.details.retryAfterSeconds;
    const waitMs =
      askedSeconds === undefined
        ? backOffMs(this.#limits.retryBaseMs, before, Math.random())
        : askedSeconds * 1000;
    return waitedMs + waitMs > this.#limits.maxRetryAfterMs ? undefined : waitMs;
  }

  async #follow(
    request: TransportRequest,
    start: URL,
    session: Session | undefined,
    details: ErrorDetails,
  ): Promise<TransportResponse> {
    const headers: Record<string, string> = {
      'accept-encoding': 'identity',
      'user-agent': this.#options.userAgent,
      ...request.headers,
    };
    if (session === undefined) await this.#checkLeaving(this.#root, start);
    let hop: Hop = {
      url: start,
      method: request.method,
      headers: session === undefined ? headersForOtherOrigin(headers) : headers,
      body: request.body,
      replyTimeoutMs: request.replyTimeoutMs,
      passage: request.passage,
      session,
    };
    for (let hops = 0; ; hops += 1) {
      const response = await this.#send(hop, { ...details, host: hop.url.host }, request.signal);
      const location = isRedirect(response.status) ? response.headers['location'] : undefined;
      if (typeof location !== 'string' || request.accept?.includes(response.status) === true) return response;
      await dump(response.body);
      const to = URL.parse(location, hop.url.href);
      if (to === null)
        throw new CoreError('protocol', 'unreadable Location', { ...details, reason: 'location' });
      if (hops >= MAX_REDIRECTS) throw refused(hop.url, to, 'tooManyRedirects');
      hop = await this.#nextHop(hop, to, response.status);
    }
  }

  async #nextHop(hop: Hop, to: URL, status: number): Promise<Hop> {
    await this.#checkLeaving(hop.url, to);
    const isRead = hop.method === 'GET' || hop.method === 'HEAD';
    // 301 to 303 turn a write into a GET, which would look done without having been.
    if (!isRead && status !== 307 && status !== 308) throw refused(hop.url, to, 'methodChange');
    if (hop.body instanceof Readable) throw refused(hop.url, to, 'streamedBody');
    if (to.origin === hop.url.origin) return { ...hop, url: to };
    return { ...hop, url: to, headers: headersForOtherOrigin(hop.headers), session: undefined };
  }

  #checkLeaving(from: URL, to: URL): Promise<void> {
    const isHttp = to.protocol === 'https:' || to.protocol === 'http:';
    return checkLeaving({
      from,
      to,
      isProxied: isHttp && this.#dispatcher.route(to).isProxied,
      confirm: (host, otherHost) => this.#confirm({ kind: 'redirectToPrivateAddress', host, otherHost }),
    });
  }

  /** One question at a time for each pair of hosts, remembered. */
  #confirm(question: TransportQuestion): Promise<boolean> {
    const { confirm } = this.#options;
    if (confirm === undefined) return Promise.resolve(false);
    const key = `${question.kind} ${question.host} ${question.otherHost}`;
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = confirm(question);
      this.#answers.set(key, answer);
    }
    return answer;
  }

  /** One request, one reply; the slot is held until the body is closed. */
  async #send(hop: Hop, details: ErrorDetails, signal: AbortSignal): Promise<TransportResponse> {
    const { url, method, body, session } = hop;
    const route = this.#dispatcher.route(url);
    const scope = linkSignals(signal, this.#disposal.signal);
    let slot: Slot | undefined;
    const finish = (): void => {
      scope.unlink();
      slot?.release();
    };
    try {
      slot = await this.#acquireSlot(hop, scope.signal);
      // Its turn may have come long after it was asked for: others may have learned to sign in meanwhile.
      if (session !== undefined) {
        session.authorization = this.#authorizer.authorizeNow(session.scopes) ?? session.authorization;
      }
      const authorization = session?.authorization;
      const reply = await this.#dispatcher.agent.request({
        origin: route.origin,
        path: route.path,
        method,
        headers: {
          ...hop.headers,
          ...(authorization === undefined ? {} : { authorization }),
          ...route.headers,
          ...lengthHeader(body),
        },
        body: toPieces(body),
        // Else undici closes the connection after every HEAD, and its agent then the pool of the requests that follow.
        reset: false,
        signal: scope.signal,
        headersTimeout: hop.replyTimeoutMs ?? this.#limits.headersTimeoutMs,
      });
      slot.answered();
      this.#noteWarnings(reply.headers['warning']);
      if (route.isAbsolute && isProxyStatus(reply.statusCode)) {
        await dump(reply.body);
        throw proxyStatusError(route.proxyHost, url.host, reply.statusCode);
      }
      return this.#respond(hop, reply, details, scope.signal, finish);
    } catch (error) {
      finish();
      if (body instanceof Readable) body.destroy();
      if (scope.signal.aborted) throw cancelledError(signal);
      throw route.isAbsolute ? toProxyError(error, route.proxyHost, details) : toNetworkError(error, details);
    }
  }

  async #acquireSlot({ url, body, passage, isTokenRequest }: Hop, signal: AbortSignal): Promise<Slot> {
    // At once there for the rest of a download that was cut.
    const kept = passage?.slotAt(url.host);
    if (kept !== undefined) return kept;
    // An upload that goes where none was kept, to another host than asked: its download is under way and holds a place.
    const mustNotWait = isTokenRequest === true || body instanceof Readable;
    const waitsFor = mustNotWait ? 'nothing' : passage === undefined ? 'total' : 'host';
    const slot = await this.#limiter.acquire(url.host, this.#limits.connectionsPerHost, waitsFor, signal);
    // undici takes the socket back one turn after the reply's end; an earlier request would open another one.
    return { answered: slot.answered, release: () => setImmediate(slot.release) };
  }

  #respond(
    { url, method }: Hop,
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
      slowBodyWindowMs: this.#limits.slowBodyWindowMs,
      minBytesPerSecond: this.#limits.minBytesPerSecond,
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

  /** The error for an unwanted status; reads the body to its end or its cap. */
  async #errorOf(response: TransportResponse, details: ErrorDetails): Promise<CoreError> {
    const body = await response.bytes(MAX_ERROR_BODY_BYTES).catch((error: unknown) => {
      if (isCoreError(error, 'cancelled')) throw error;
      return new Uint8Array();
    });
    const host = URL.parse(response.url)?.host ?? details.host ?? '';
    const isOverloaded = response.status === 429 || response.status === 503;
    const retryAfterSeconds = isOverloaded
      ? parseRetryAfter(response.headers['retry-after'], Date.now())
      : undefined;
    if (response.status === 429) this.#limiter.slowDown(host, this.#limits.connectionsPerHost);
    return createResponseError(
      response.status,
      body,
      { ...details, host, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
      (text) => this.#scrubber.scrub(text),
    );
  }

  /** What only the connection knows of a refusal by the registry: whether it showed a certificate, which files it left out. */
  #explainTls(error: CoreError): CoreError {
    const { endpoint, tls } = this.#options;
    if (error.kind !== 'tls' || error.details.host !== endpoint.host) return error;
    const reason = clientCertificateAlert(error.details.code, tls.clientCertificatePem !== undefined);
    const unusedFile = tls.unusedFiles?.[0];
    return new CoreError(
      'tls',
      error.message,
      {
        ...error.details,
        ...(reason !== undefined && { reason }),
        ...(unusedFile !== undefined && { unusedFile }),
      },
      error.cause,
    );
  }

  /** RFC 7234's `299 - "text"`; other codes are for caches. */
  #noteWarnings(header: string | string[] | undefined): void {
    for (const line of header === undefined ? [] : Array.isArray(header) ? header : [header]) {
      const text = /^\s*299\s+\S+\s+"((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\(.)/g, '$1');
      const shown = text === undefined ? '' : this.#scrubber.scrub(toDisplayLine(text));
      if (shown === '' || this.#warnings.has(shown) || this.#warnings.size >= 100) continue;
      this.#warnings.add(shown);
      this.#options.onWarning?.(shown);
    }
  }

  readonly #sendToken: TokenFetch = async (url, init, signal) => {
    const details: ErrorDetails = { host: url.host, operation: 'get a token' };
    const headers = { accept: 'application/json', 'user-agent': this.#options.userAgent, ...init.headers };
    const hop: Hop = {
      url,
      method: init.method,
      headers,
      body: init.body,
      session: undefined,
      isTokenRequest: true,
    };
    let response: TransportResponse;
    try {
      response = await this.#send(hop, details, signal);
    } catch (error) {
      if (!isCoreError(error, 'connectionReset')) throw error;
      response = await this.#send(hop, details, signal);
    }
    const body = await response.bytes(MAX_TOKEN_BODY_BYTES).catch((error: unknown) => {
      if (!isCoreError(error, 'tooLarge')) throw error;
      throw new CoreError(
        'tokenFailed',
        `${url.host} answered too much`,
        { ...details, reason: 'tokenTooLarge' },
        error,
      );
    });
    return { status: response.status, body, html: isHtmlResponse(response, body) };
  };
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

/** Drops a body; its connection stays usable when little of it is left. */
async function dump(body: Readable): Promise<void> {
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
