/**
 * HTTP for one connection: one undici dispatcher, our own retry, deadline, redirect, realm and size rules, bearer
 * tokens shared by concurrent requests. One instance a connection; `dispose` closes its sockets.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '../../common/Logger.ts';
import type { CredentialStore } from '../../credentials/CredentialStore.ts';
import type { ProxyOptions, RegistryEndpoint, TlsOptions } from '../RegistryEndpoint.ts';

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
  /** A registry `Warning: 299` text, once per text. */
  readonly onWarning?: (text: string) => void;
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
  readonly signal: AbortSignal;
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

export class Transport {
  constructor(options: TransportOptions) {
    void options;
  }
  declare request: (request: TransportRequest) => Promise<TransportResponse>;
  /** Forgets tokens and cached credentials (after a sign-in). */
  declare forgetTokens: () => void;
  declare dispose: () => Promise<void>;
}
