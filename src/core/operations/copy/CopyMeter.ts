/** How far a copy has come: bytes, speed, time left. Bytes that were there already count as done but not as sent. */
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';

export interface CopyProgress {
  /** Everything found so far that belongs to the copy. */
  readonly totalInBytes: number;
  readonly doneInBytes: number;
  /** Of those, what went over the wire. */
  readonly sentInBytes: number;
  readonly blobsDone: number;
  readonly blobsTotal: number;
  /** Blobs on the wire now. */
  readonly current: readonly Digest[];
  /** Over the last seconds; absent before there is anything to say. */
  readonly bytesPerSecond?: number;
  readonly secondsLeft?: number;
}

const WINDOW_MS = 5_000;
const SAMPLE_MS = 200;
/** Before that a speed is a guess. */
const WARM_UP_MS = 1_000;

export class CopyMeter {
  readonly #now: () => number;
  readonly #onProgress: (progress: CopyProgress) => void;
  readonly #blobs = new Map<
    Digest,
    { readonly sizeInBytes: number; sent: number; state: 'waiting' | 'sending' | 'done' }
  >();
  #total = 0;
  #done = 0;
  #sent = 0;
  #blobsDone = 0;
  #samples: { readonly at: number; readonly sent: number }[] = [];
  readonly #sending = new Set<Digest>();

  constructor(onProgress: (progress: CopyProgress) => void, now: () => number = () => performance.now()) {
    this.#onProgress = onProgress;
    this.#now = now;
  }

  expect(blobs: readonly Descriptor[]): void {
    for (const { digest, sizeInBytes } of blobs) {
      if (this.#blobs.has(digest)) continue;
      this.#blobs.set(digest, { sizeInBytes, sent: 0, state: 'waiting' });
      this.#total += sizeInBytes;
    }
  }

  /** `sentInBytes` of this blob are out; may be less than before after a failure. */
  sent(digest: Digest, sentInBytes: number): void {
    const blob = this.#blobs.get(digest);
    if (!blob || blob.state === 'done') return;
    blob.state = 'sending';
    this.#sending.add(digest);
    this.#sent += sentInBytes - blob.sent;
    this.#done += sentInBytes - blob.sent;
    blob.sent = sentInBytes;
    this.#report(false);
  }

  /** The destination has the blob. */
  finished(digest: Digest): void {
    const blob = this.#blobs.get(digest);
    if (!blob || blob.state === 'done') return;
    this.#done += blob.sizeInBytes - blob.sent;
    blob.state = 'done';
    this.#sending.delete(digest);
    this.#blobsDone += 1;
    this.#report(true);
  }

  #report(isStep: boolean): void {
    const at = this.#now();
    const last = this.#samples.at(-1);
    if (!last || at - last.at >= SAMPLE_MS) this.#samples.push({ at, sent: this.#sent });
    else if (!isStep) return;
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const elapsedMs = at - first.at;
    const bytesPerSecond =
      elapsedMs >= WARM_UP_MS ? Math.max(0, ((this.#sent - first.sent) * 1000) / elapsedMs) : undefined;
    this.#onProgress({
      totalInBytes: this.#total,
      doneInBytes: this.#done,
      sentInBytes: this.#sent,
      blobsDone: this.#blobsDone,
      blobsTotal: this.#blobs.size,
      current: [...this.#sending],
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      ...(bytesPerSecond !== undefined &&
        bytesPerSecond > 0 && { secondsLeft: (this.#total - this.#done) / bytesPerSecond }),
    });
  }
}
