/**
 * How many pulls Docker Hub still allows. Every reply about a manifest says so, a HEAD too, which is no pull itself.
 * Source: https://docs.docker.com/docker-hub/usage/pulls/ ("View hourly pull rate and limit").
 */
import type { TransportResponse } from './transport/TransportRequest.ts';

export interface PullLimit {
  /** Pulls allowed in a window. */
  readonly limit: number;
  readonly remaining: number;
  /** The window moves on with time: what was spent comes back this many seconds later. */
  readonly windowSeconds: number;
  /** Whom the pulls are counted for: an IP address, or the id of an account. */
  readonly source?: string;
}

/** `100;w=21600` */
const QUOTA = /^(\d{1,9})(?:\s*;\s*w=(\d{1,9}))?/;
const SIX_HOURS_SECONDS = 21_600;

/** Undefined where nothing is counted: other registries, and paid accounts of Docker Hub. */
export function parsePullLimit(headers: TransportResponse['headers']): PullLimit | undefined {
  const text = (name: string): string => String(headers[name] ?? '').trim();
  const limit = QUOTA.exec(text('ratelimit-limit'));
  const remaining = QUOTA.exec(text('ratelimit-remaining'));
  if (!limit || !remaining) return undefined;
  const source = text('docker-ratelimit-source');
  return {
    limit: Number(limit[1]),
    remaining: Number(remaining[1]),
    windowSeconds: Number(limit[2] ?? remaining[2] ?? SIX_HOURS_SECONDS),
    ...(source !== '' && { source }),
  };
}

/** What the last reply of a registry said. */
export class PullLimitMeter {
  readonly #listeners = new Set<(limit: PullLimit) => void>();
  #last: PullLimit | undefined;

  get last(): PullLimit | undefined {
    return this.#last;
  }

  note(headers: TransportResponse['headers']): void {
    const limit = parsePullLimit(headers);
    if (!limit) return;
    this.#last = limit;
    for (const listener of this.#listeners) listener(limit);
  }

  /** Calls `listener` with every limit read from now on, until the returned function is called. */
  onDidRead(listener: (limit: PullLimit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
