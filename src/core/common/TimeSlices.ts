/** Long work on a thread that others need: done in slices, with a pause for them after each. */

/** Milliseconds of work between two chances for others. */
const SLICE_MS = 12;

export class TimeSlices {
  #start = performance.now();

  /** Lets others work when the slice is used up. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#start < SLICE_MS) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#start = performance.now();
  }
}
