/**
 * HTTP for one connection: one undici dispatcher, our own retry, deadline, redirect, realm and size rules, bearer
 * tokens shared by concurrent requests. One instance a connection; `dispose` closes its sockets.
 */
import { Readable } from 'node:stream';
import { CoreError, isCoreError, type ErrorDetails, type ErrorKind } from '../../common/CoreError.ts';
import type { Logger } from '../../common/Logger.ts';
import type { CredentialStore } from '../../credentials/CredentialStore.ts';
import { Authorizer } from '../auth/Authorizer.ts';
import { MAX_TOKEN_BODY_BYTES, type TokenFetch } from '../auth/tokenClient.ts';
import type { ProxyOptions, RegistryEndpoint, TlsOptions } from '../RegistryEndpoint.ts';
import { cancellable, delay, throwIfCancelled } from './cancellation.ts';
import { clientCertificateAlert } from './clientCertificateProblem.ts';
import { ConnectionLimiter, type Passage } from './ConnectionLimiter.ts';
import { createDispatcher, type RegistryDispatcher } from './createDispatcher.ts';
import { dump } from './GuardedBody.ts';
import { isHtmlResponse } from './isHtmlResponse.ts';
import { toNetworkError } from './networkError.ts';
import { RequestSender, type OutgoingRequest } from './RequestSender.ts';
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
import type { TransportLimits, TransportRequest, TransportResponse } from './TransportRequest.ts';

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

/** How one operation signs its requests to the registry. */
interface Session {
  readonly scopes: readonly string[];
  /** What was sent last, or is to be sent; undefined: whatever is known when the request's turn comes. */
  authorization: string | undefined;
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #limits: TransportLimits;
  readonly #limiter: ConnectionLimiter;
  readonly #dispatcher: RegistryDispatcher;
  readonly #authorizer: Authorizer;
  readonly #scrubber = new SecretScrubber();
  readonly #sender: RequestSender;
  readonly #root: URL;
  readonly #disposal = new AbortController();
  readonly #answers = new Map<string, Promise<boolean>>();
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
    this.#sender = new RequestSender({
      dispatcher: this.#dispatcher,
      limiter: this.#limiter,
      limits: this.#limits,
      scrubber: this.#scrubber,
      disposal: this.#disposal.signal,
      onWarning: options.onWarning,
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

  /** Its turn may have come long after it was asked for: others may have learned to sign in meanwhile. */
  #authorize(session: Session): string | undefined {
    session.authorization = this.#authorizer.authorizeNow(session.scopes) ?? session.authorization;
    return session.authorization;
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
    let hop: OutgoingRequest = {
      url: start,
      method: request.method,
      headers: session === undefined ? headersForOtherOrigin(headers) : headers,
      body: request.body,
      replyTimeoutMs: request.replyTimeoutMs,
      passage: request.passage,
      authorize: session && (() => this.#authorize(session)),
    };
    for (let hops = 0; ; hops += 1) {
      const response = await this.#sender.send(hop, { ...details, host: hop.url.host }, request.signal);
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

  async #nextHop(hop: OutgoingRequest, to: URL, status: number): Promise<OutgoingRequest> {
    await this.#checkLeaving(hop.url, to);
    const isRead = hop.method === 'GET' || hop.method === 'HEAD';
    // 301 to 303 turn a write into a GET, which would look done without having been.
    if (!isRead && status !== 307 && status !== 308) throw refused(hop.url, to, 'methodChange');
    if (hop.body instanceof Readable) throw refused(hop.url, to, 'streamedBody');
    if (to.origin === hop.url.origin) return { ...hop, url: to };
    return { ...hop, url: to, headers: headersForOtherOrigin(hop.headers), authorize: undefined };
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

  readonly #sendToken: TokenFetch = async (url, init, signal) => {
    const details: ErrorDetails = { host: url.host, operation: 'get a token' };
    const headers = { accept: 'application/json', 'user-agent': this.#options.userAgent, ...init.headers };
    const hop: OutgoingRequest = {
      url,
      method: init.method,
      headers,
      body: init.body,
      isTokenRequest: true,
    };
    let response: TransportResponse;
    try {
      response = await this.#sender.send(hop, details, signal);
    } catch (error) {
      if (!isCoreError(error, 'connectionReset')) throw error;
      response = await this.#sender.send(hop, details, signal);
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
