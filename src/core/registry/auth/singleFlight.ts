/** One piece of work shared by all who ask for it at the same time; it is given up only when the last of them has cancelled. */
import { cancellable, throwIfCancelled } from '../transport/cancellation.ts';

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** The result of `start`, or of the start already under way for `key`. Each caller's `signal` releases only that caller. */
  async run(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    throwIfCancelled(signal);
    const flight = this.#flights.get(key) ?? this.#start(key, start);
    flight.waiters += 1;
    try {
      return await cancellable<T>(signal, (resolve, reject) => {
        flight.result.then(resolve, reject);
        return () => undefined;
      });
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        this.#forget(key, flight);
        flight.controller.abort();
      }
    }
  }

  /** Later callers start anew; those who wait now still get the old result. */
  clear(): void {
    this.#flights.clear();
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { controller, waiters: 0, result: start(controller.signal) };
    this.#flights.set(key, flight);
    const forget = (): void => this.#forget(key, flight);
    flight.result.then(forget, forget);
    return flight;
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
