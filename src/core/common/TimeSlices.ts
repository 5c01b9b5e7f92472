/** Long work on a thread that others need: done in slices, with a pause for them after each. */
import { CoreError } from './CoreError.ts';

/** Milliseconds of work between two chances for others. */
const SLICE_MS = 12;

export interface Slices {
  /** Called after every small step. @throws CoreError `cancelled` */
  breathe(): Promise<void>;
}

export class TimeSlices implements Slices {
  readonly #signal: AbortSignal | undefined;
  #start = performance.now();

  /** @param signal ends the work at the next pause */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Lets others work when the slice is used up. @throws CoreError `cancelled` */
  async breathe(): Promise<void> {
    if (performance.now() - this.#start < SLICE_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#signal?.aborted) throw new CoreError('cancelled', 'cancelled', {}, this.#signal.reason);
    this.#start = performance.now();
  }
}
