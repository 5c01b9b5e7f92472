/**
 * The sockets of one connection: trust in certificates, the pinned one, client certificates, proxies, deadlines for
 * connecting. Certificates are checked here, before a byte of HTTP is sent, so that a refusal can say which was shown.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, getCACertificates, TLSSocket, type SecureContext } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { CoreError } from '../../common/CoreError.ts';
import type { ProxyOptions, TlsOptions } from '../RegistryEndpoint.ts';
import { certificateError } from './networkError.ts';
import { proxyConnectError, proxyStatusError } from './proxyError.ts';
import { proxyAuthorization, proxyFor } from './proxyRoute.ts';
import { collectWritten, readIntoBuffers } from './ReadBuffers.ts';

const MAX_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MAX_MS = 25_000;
/**
 * Of `tls.connect`. A record has 16 KiB, and stopping the socket after each, as undici would, costs copies a tenth of
 * their time.
 */
const TLS_BUFFER = { highWaterMark: 256 * 1024 };

export interface DispatcherOptions {
  /** `host` or `host:port` of the registry: the pinned fingerprint and the client certificate are for it alone. */
  readonly registryHost: string;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions;
  readonly connectTimeoutMs: number;
  /** Ends tunnels that are being opened; the rest ends with the agent. */
  readonly signal: AbortSignal;
}

/** Where to send a request so that it arrives at a URL. */
export type Route = {
  readonly origin: string;
  /** Path and query; the whole URL where an http proxy wants it. */
  readonly path: string;
  /** Headers the route needs besides the request's own. */
  readonly headers: Readonly<Record<string, string>>;
} & (
  | { readonly isAbsolute: false; readonly isProxied: boolean }
  /** The proxy reads and answers the request itself, instead of passing bytes on. */
  | { readonly isAbsolute: true; readonly isProxied: true; readonly proxyHost: string }
);

export interface RegistryDispatcher {
  readonly agent: Agent;
  /** @throws CoreError `proxy` when the proxy setting is not usable. */
  route(url: URL): Route;
}

let trustedPem: readonly string[] | undefined;

/** Node's and the system's authorities. Read once: they do not change while the process lives, and reading is slow. */
function trustedCertificates(): readonly string[] {
  trustedPem ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return trustedPem;
}

/** Nothing is opened before the first request. Close with `agent.destroy()`. */
export function createDispatcher(options: DispatcherOptions): RegistryDispatcher {
  const { tls, proxy, connectTimeoutMs } = options;
  const registryHost = new URL(`https://${options.registryHost}`).host;
  const ca = () => [...trustedCertificates(), ...(tls.additionalCaPem ?? [])];
  const trust = lazy(() => secureContext({ ca: ca() }));
  const registryTrust = lazy(() =>
    tls.clientCertificatePem === undefined
      ? trust()
      : secureContext({ ca: ca(), cert: tls.clientCertificatePem, key: tls.clientKeyPem }),
  );
  // Verification is ours (`checkCertificate`); a resumed session would skip the check of the name, so none is kept.
  const connector = (secureContext: SecureContext) =>
    buildConnector({
      timeout: connectTimeoutMs,
      allowH2: false,
      rejectUnauthorized: false,
      maxCachedSessions: 0,
      ...TLS_BUFFER,
      secureContext,
    });

  const connectTls = (target: buildConnector.Options, callback: buildConnector.Callback): void => {
    const host = target.host ?? target.hostname;
    const isRegistry = host === registryHost;
    const pinned = isRegistry ? tls.pinnedFingerprint256 : undefined;
    connector((isRegistry ? registryTrust : trust)())(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const refusal = checkCertificate(socket, host, pinned);
      // TLS 1.3 refuses a client after the handshake: its alert, then the end. undici would tell of the end only.
      socket.once('error', (alert: Error) => socket.destroy(alert));
      if (refusal === undefined) callback(null, socket);
      else {
        socket.destroy();
        callback(refusal, null);
      }
    });
  };

  const connect: buildConnector.connector = (target, callback) => {
    try {
      if (target.protocol !== 'https:') {
        connectPlainly(connectTimeoutMs, target, callback);
        return;
      }
      const through = proxyFor(new URL(`https://${target.host ?? target.hostname}`), proxy);
      if (through === undefined) {
        connectTls(target, callback);
        return;
      }
      openTunnel(
        through,
        target,
        proxy.strictProxyTls ? trustedCertificates() : undefined,
        connectTimeoutMs,
        options.signal,
      ).then(
        (httpSocket) => {
          connectTls({ ...target, httpSocket }, callback);
        },
        (error: unknown) => {
          callback(error as Error, null);
        },
      );
    } catch (error) {
      callback(error as Error, null);
    }
  };

  const agent = new Agent({
    connect,
    allowH2: false,
    pipelining: 1,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Slow bodies are judged by GuardedBody, which knows when nobody is reading.
    bodyTimeout: 0,
  });

  return {
    agent,
    route(url) {
      const through = proxyFor(url, proxy);
      const path = `${url.pathname}${url.search}`;
      if (through === undefined || url.protocol === 'https:') {
        return { origin: url.origin, path, headers: {}, isAbsolute: false, isProxied: through !== undefined };
      }
      return {
        origin: through.origin,
        path: `${url.origin}${path}`,
        headers: { host: url.host, ...proxyAuthorization(through) },
        isAbsolute: true,
        isProxied: true,
        proxyHost: through.host,
      };
    },
  };
}

/** Without TLS, whose sockets have no such option, reads go into buffers that can be used again. */
function connectPlainly(
  connectTimeoutMs: number,
  target: buildConnector.Options,
  callback: buildConnector.Callback,
): void {
  let opened: Socket | undefined;
  const connector = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    ...readIntoBuffers((chunk) => opened?.push(chunk) ?? false),
  });
  connector(target, (...result) => {
    const [error, socket] = result;
    if (error === null) {
      opened = socket;
      collectWritten(socket);
    }
    callback(...result);
  });
}

/** Why the certificate is not acceptable; undefined when it is. */
function checkCertificate(socket: Socket, host: string, pinned: string | undefined): CoreError | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
  if (pinned !== undefined) {
    return fingerprint === pinned.toUpperCase()
      ? undefined
      : certificateError('pinMismatch', host, fingerprint);
  }
  if (socket.authorized) return undefined;
  const reason: unknown = socket.authorizationError;
  const code = reason instanceof Error && 'code' in reason ? reason.code : reason;
  return certificateError(String(code), host, fingerprint);
}

function secureContext(options: Parameters<typeof createSecureContext>[0]): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new CoreError(
      'tls',
      'a configured certificate or key cannot be read',
      { reason: 'badCertificateFile' },
      error,
    );
  }
}

/** A socket to `target` through the proxy's CONNECT. Node's own client: its answer keeps the status, 407 above all. */
function openTunnel(
  proxy: URL,
  target: buildConnector.Options,
  proxyCa: readonly string[] | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = `${target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname}:${target.port || '443'}`;
  const host = target.host ?? target.hostname;
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyAuthorization(proxy) },
      agent: false,
      signal,
      ...(proxyCa === undefined ? { rejectUnauthorized: false } : { ca: [...proxyCa] }),
    });
    const timer = setTimeout(() => {
      request.destroy(new CoreError('connectTimeout', `the proxy ${proxy.host} does not answer`));
    }, timeoutMs);
    request.once('close', () => {
      clearTimeout(timer);
    });
    request.once('error', (error) => {
      reject(proxyConnectError(error, proxy.host, { host }));
    });
    request.once('connect', (response, socket) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        resolve(socket);
      } else {
        socket.destroy();
        reject(proxyStatusError(proxy.host, host, status));
      }
    });
    request.end();
  });
}

function lazy<T>(create: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= create());
}
