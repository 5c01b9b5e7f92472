/** One bearer token for each set of scopes, shared by concurrent requests and renewed before it expires. */
import { SingleFlight } from './singleFlight.ts';
import type { Token } from './tokenClient.ts';

interface CachedToken {
  readonly token: string;
  readonly renewAtMs: number;
}

/** Renewed this early, or after nine tenths of a short life, so that it does not expire on the way. */
const RENEW_EARLY_MS = 10_000;

export class TokenCache {
  readonly #tokens = new Map<string, CachedToken>();
  readonly #flights = new SingleFlight<string>();
  readonly #now: () => number;
  #generation = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The token for `key` if it is at hand and fresh. */
  peek(key: string): string | undefined {
    const cached = this.#tokens.get(key);
    if (cached === undefined || cached.renewAtMs > this.#now()) return cached?.token;
    this.#tokens.delete(key);
    return undefined;
  }

  /** The cached token, or the one `fetch` gets, once for all who ask meanwhile. */
  async get(
    key: string,
    signal: AbortSignal,
    fetch: (signal: AbortSignal) => Promise<Token>,
  ): Promise<string> {
    const cached = this.peek(key);
    if (cached !== undefined) return cached;
    const generation = this.#generation;
    return this.#flights.run(key, signal, async (shared) => {
      const { token, lifetimeSeconds } = await fetch(shared);
      const lifetimeMs = lifetimeSeconds * 1000;
      if (generation === this.#generation) {
        const earlyMs = Math.min(RENEW_EARLY_MS, lifetimeMs / 10);
        this.#tokens.set(key, { token, renewAtMs: this.#now() + lifetimeMs - earlyMs });
      }
      return token;
    });
  }

  /** Drops `token` after the registry refused it; one that has replaced it meanwhile stays. */
  invalidate(key: string, token: string): void {
    if (this.#tokens.get(key)?.token === token) this.#tokens.delete(key);
  }

  clear(): void {
    this.#generation += 1;
    this.#tokens.clear();
    this.#flights.clear();
  }
}
