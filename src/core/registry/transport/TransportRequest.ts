/** What goes through the transport, and what comes back. */
import type { Readable } from 'node:stream';
import type { Passage } from './ConnectionLimiter.ts';

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
