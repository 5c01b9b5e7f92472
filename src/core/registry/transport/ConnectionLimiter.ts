/**
 * How many requests are on the wire at once: six a host and 24 in all, whatever the number of connections. One
 * instance is shared by every transport, so that many registries together stay polite. A 429 halves a host's share.
 *
 * A host that does not answer must not hold up the others. So the 24 are of hosts that answer: a request to a host that
 * never has, or not for a second, is outside them until its answer is there.
 */
import { cancellable } from './cancellation.ts';

interface Waiter {
  readonly host: string;
  readonly hostLimit: number;
  readonly grant: () => void;
}

/** A place on the wire. */
export interface Slot {
  /** The host has answered: the headers of a reply are there. */
  readonly answered: () => void;
  /** Gives it back; may be called twice. */
  readonly release: () => void;
}

/** How long a host that answered 429 is treated gently. */
const PENALTY_MS = 60_000;
/** A host that takes longer to answer counts as silent. */
const SILENCE_MS = 1_000;

export class ConnectionLimiter {
  readonly #totalLimit: number;
  readonly #now: () => number;
  readonly #silenceMs: number;
  readonly #active = new Map<string, number>();
  readonly #penalties = new Map<string, { limit: number; until: number }>();
  readonly #waiters = new Set<Waiter>();
  /** Hosts whose last request was answered, and in time. */
  readonly #answering = new Set<string>();
  /** Slots of hosts that answer. */
  #total = 0;
  #activeCount = 0;

  constructor(totalLimit = 24, now: () => number = Date.now, silenceMs = SILENCE_MS) {
    this.#totalLimit = totalLimit;
    this.#now = now;
    this.#silenceMs = silenceMs;
  }

  /** Requests that hold a slot now, also of hosts that are silent. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /**
   * Waits for a slot. Waiting ends with `cancelled` when `signal` aborts. `mustNotWait`: those that hold slots wait
   * for this request. Such are uploads that send what another response is delivering, and requests for the token that
   * all others need.
   */
  async acquire(host: string, hostLimit: number, mustNotWait: boolean, signal: AbortSignal): Promise<Slot> {
    if (mustNotWait || this.#isFree(host, hostLimit)) return this.#take(host);
    return cancellable<Slot>(signal, (resolve) => {
      const waiter = { host, hostLimit, grant: () => resolve(this.#take(host)) };
      this.#waiters.add(waiter);
      return () => this.#waiters.delete(waiter);
    });
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
    const isWithinTotal = !this.#answering.has(host) || this.#total < this.#totalLimit;
    return isWithinTotal && (this.#active.get(host) ?? 0) < this.#limitOf(host, hostLimit);
  }

  #take(host: string): Slot {
    this.#activeCount += 1;
    this.#active.set(host, (this.#active.get(host) ?? 0) + 1);
    let isCounted = false;
    const count = (counts: boolean): void => {
      if (counts !== isCounted) this.#total += counts ? 1 : -1;
      isCounted = counts;
    };
    count(this.#answering.has(host));
    let hasAnswered = false;
    let isHeld = true;
    const fallSilent = (): void => {
      this.#answering.delete(host);
      count(false);
      this.#grantWaiters();
    };
    const silence = setTimeout(fallSilent, this.#silenceMs);
    silence.unref();
    return {
      answered: () => {
        if (!isHeld || hasAnswered) return;
        hasAnswered = true;
        clearTimeout(silence);
        this.#answering.add(host);
        count(true);
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        clearTimeout(silence);
        count(false);
        this.#activeCount -= 1;
        const active = (this.#active.get(host) ?? 1) - 1;
        if (active === 0) this.#active.delete(host);
        else this.#active.set(host, active);
        this.#grantWaiters();
      },
    };
  }

  #grantWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isFree(waiter.host, waiter.hostLimit)) continue;
      this.#waiters.delete(waiter);
      waiter.grant();
    }
  }
}
