/**
 * How many requests are on the wire at once: six a host and 24 in all, whatever the number of connections. One
 * instance is shared by every transport, so that many registries together stay polite. A 429 halves a host's share.
 *
 * A host that does not answer must not hold up the others. So the 24 are of hosts that answer: a request to a host that
 * never has, or not for a second, is outside them until its answer is there.
 *
 * A blob that flows from one host to another needs a place at both. It waits for both at once: holding one while waiting
 * for the other, copies there and back would wait for each other for ever.
 */
import { cancellable } from './cancellation.ts';

interface Waiter {
  readonly isFree: () => boolean;
  readonly grant: () => void;
}

/** A place on the wire. */
export interface Slot {
  /** The host has answered: the headers of a reply are there. */
  readonly answered: () => void;
  /** Gives it back; may be called twice. */
  readonly release: () => void;
}

/** Places that are kept for a blob on its way, whatever requests it takes. */
export interface Passage {
  /**
   * The place kept at `host`, for one request; its release gives it back to the passage. Undefined where none is kept, or
   * all are taken.
   */
  readonly slotAt: (host: string) => Slot | undefined;
  /** Gives all places back; may be called twice. */
  readonly release: () => void;
}

/**
 * What a request waits for. `total`: a place at its host, and among all. `host`: only at its host; requests of a blob on
 * its way, which hold places already. `nothing`: where those that hold slots wait for this request, such as for the token
 * that all others need.
 */
export type WaitsFor = 'total' | 'host' | 'nothing';

/** Places a host keeps free of blobs on their way, so that people can look at it meanwhile. */
const SPARE = 1;
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

  /** Waits for a slot. Waiting ends with `cancelled` when `signal` aborts. */
  async acquire(host: string, hostLimit: number, waitsFor: WaitsFor, signal: AbortSignal): Promise<Slot> {
    const isFree = (): boolean =>
      this.#hasRoom(host, 1, hostLimit) && (waitsFor === 'host' || this.#isWithinTotal([host]));
    return this.#wait(waitsFor === 'nothing' ? () => true : isFree, () => this.#take(host), signal);
  }

  /** Waits for a place at each of `hosts`, one of which may be there twice. */
  async acquirePassage(hosts: readonly string[], hostLimit: number, signal: AbortSignal): Promise<Passage> {
    const wanted = [...Map.groupBy(hosts, (host) => host)];
    const isFree = (): boolean =>
      this.#isWithinTotal(hosts) &&
      wanted.every(([host, { length }]) => this.#hasRoom(host, length, hostLimit - SPARE));
    return this.#wait(isFree, () => createPassage(hosts.map((host) => [host, this.#take(host)])), signal);
  }

  async #wait<Granted>(isFree: () => boolean, take: () => Granted, signal: AbortSignal): Promise<Granted> {
    if (isFree()) return take();
    return cancellable<Granted>(signal, (resolve) => {
      const waiter = { isFree, grant: () => resolve(take()) };
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

  /** Of silent hosts nothing counts. */
  #isWithinTotal(hosts: readonly string[]): boolean {
    const counting = hosts.filter((host) => this.#answering.has(host)).length;
    return counting === 0 || this.#total + counting <= this.#totalLimit;
  }

  /** Where nothing else is on its way to a host, what needs more than its share may go all the same. */
  #hasRoom(host: string, places: number, hostLimit: number): boolean {
    const active = this.#active.get(host) ?? 0;
    return active === 0 || active + places <= this.#limitOf(host, hostLimit);
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
      if (!waiter.isFree()) continue;
      this.#waiters.delete(waiter);
      waiter.grant();
    }
  }
}

function createPassage(places: readonly (readonly [host: string, slot: Slot])[]): Passage {
  const idle = new Set(places);
  return {
    slotAt: (host) => {
      const place = [...idle].find(([at]) => at === host);
      if (!place) return undefined;
      idle.delete(place);
      return { answered: place[1].answered, release: () => void idle.add(place) };
    },
    release: () => {
      for (const [, slot] of places) slot.release();
    },
  };
}
