/** When a request may be sent again, and after how long. Pure: the transport does the waiting. */
import type { ErrorKind } from '../../common/CoreError.ts';

/** Requests of one operation, whatever goes wrong. Redirects are counted apart. */
export const MAX_REQUESTS = 4;
/** Requests of one operation that are refused with 401. */
export const MAX_UNAUTHORIZED = 2;
/** A day: longer waits are not worth telling apart, and numbers without end do not fit a sentence. */
const LONGEST_WAIT_SECONDS = 86_400;

/** Sends after the first for each kind of trouble. */
const RETRIES: Partial<Record<ErrorKind, number>> = {
  connectionRefused: 1,
  connectionReset: 2,
  serverError: 2,
  rateLimited: 3,
};

/** 500, 502, 503 and 504 pass; 501 and the rest will not. */
export function isTransientStatus(status: number): boolean {
  return status === 500 || (status >= 502 && status <= 504);
}

/** Whether trouble of `kind`, met `timesBefore` already, is worth another request. */
export function isWorthRetrying(kind: ErrorKind, timesBefore: number, requestsSent: number): boolean {
  return requestsSent < MAX_REQUESTS && timesBefore < (RETRIES[kind] ?? 0);
}

/** Seconds that a Retry-After asks for, as number or date; undefined for none or garbage. RFC 9110, 10.2.3. */
export function parseRetryAfter(value: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_WAIT_SECONDS);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(0, Math.ceil((at - nowMs) / 1000)), LONGEST_WAIT_SECONDS);
}

/** Doubled for each retry and spread over its upper half, so that many clients do not come back together. */
export function backOffMs(baseMs: number, retry: number, random: number): number {
  return baseMs * 2 ** retry * (0.5 + random / 2);
}
