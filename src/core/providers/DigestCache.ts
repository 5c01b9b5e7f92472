/** What was learned from content, by its digest: it never changes, and is read once however many ask at the same time. */
import { LRUCache } from 'lru-cache';
import type { Digest } from '../oci/digest.ts';
import { SingleFlight } from '../registry/auth/singleFlight.ts';

/** Enough for the visible tags of many repositories. */
const MAX_KEPT = 5_000;

export class DigestCache<T extends object> {
  readonly #kept = new LRUCache<Digest, T>({ max: MAX_KEPT });
  readonly #flights = new SingleFlight<T>();

  peek(digest: Digest): T | undefined {
    return this.#kept.get(digest);
  }

  /** What is kept, or what `read` gives; `read` ends early only when everyone who waits for it has cancelled. */
  async get(digest: Digest, signal: AbortSignal, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const kept = this.#kept.get(digest);
    if (kept !== undefined) return kept;
    return this.#flights.run(digest, signal, async (shared) => {
      const value = await read(shared);
      this.#kept.set(digest, value);
      return value;
    });
  }
}
