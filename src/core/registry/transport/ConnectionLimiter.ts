/**
 * How many requests are on the wire at once: six a host and 24 in all, whatever the number of connections. One
 * instance is shared by every transport, so that many registries together stay polite. A 429 halves a host's share.
 */
import { cancellable } from './cancellation.ts';

interface Waiter {
  readonly host: string;
  readonly hostLimit: number;
  readonly grant: () => void;
}

/** How long a host that answered 429 is treated gently. */
const PENALTY_MS = 60_000;

export class ConnectionLimiter {
  readonly #totalLimit: number;
  readonly #now: () => number;
  readonly #active = new Map<string, number>();
  readonly #penalties = new Map<string, { limit: number; until: number }>();
  readonly #waiters = new Set<Waiter>();
  #total = 0;

  constructor(totalLimit = 24, now: () => number = Date.now) {
    this.#totalLimit = totalLimit;
    this.#now = now;
  }

  /** Requests that hold a slot now. */
  get activeCount(): number {
    return this.#total;
  }

  /**
   * Waits for a slot; the result gives it back and may be called twice. Waiting ends with `cancelled` when `signal`
   * aborts. `mustNotWait`: those that hold slots wait for this request. Such are uploads that send what another
   * response is delivering, and requests for the token that all others need.
   */
  async acquire(
    host: string,
    hostLimit: number,
    mustNotWait: boolean,
    signal: AbortSignal,
  ): Promise<() => void> {
    if (mustNotWait || this.#isFree(host, hostLimit)) {
      this.#take(host);
    } else {
      await cancellable<undefined>(signal, (resolve) => {
        const waiter = { host, hostLimit, grant: () => resolve(undefined) };
        this.#waiters.add(waiter);
        return () => this.#waiters.delete(waiter);
      });
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#release(host);
    };
  }

  /** The host answered 429: half of its slots for a minute, down to one. */
  slowDown(host: string, hostLimit: number): void {
    const limit = Math.max(1, Math.floor(this.#limitOf(host, hostLimit) / 2));
    this.#penalties.set(host, { limit, until: this.#now() + PENALTY_MS });
  }

  #limitOf(host: string, hostLimit: number): number {
    const penalty = this.#penalties.get(host);
    if (penalty === undefined) return hostLimit;
    if (penalty.until > this.#now()) return Math.min(hostLimit, penalty.limit);
    this.#penalties.delete(host);
    return hostLimit;
  }

  #isFree(host: string, hostLimit: number): boolean {
    return this.#total < this.#totalLimit && (this.#active.get(host) ?? 0) < this.#limitOf(host, hostLimit);
  }

  #take(host: string): void {
    this.#total += 1;
    this.#active.set(host, (this.#active.get(host) ?? 0) + 1);
  }

  #release(host: string): void {
    this.#total -= 1;
    const active = (this.#active.get(host) ?? 1) - 1;
    if (active === 0) this.#active.delete(host);
    else this.#active.set(host, active);
    for (const waiter of this.#waiters) {
      if (this.#total >= this.#totalLimit) break;
      if (this.#isFree(waiter.host, waiter.hostLimit)) {
        this.#waiters.delete(waiter);
        this.#take(waiter.host);
        waiter.grant();
      }
    }
  }
}
