/** Decompresses gzip once, from its start, and notes on the way where it can be resumed. */
import { createGunzip, deflateRawSync, type Gunzip } from 'node:zlib';
import { damagedArchive } from '../archive/damagedArchive.ts';
import { AT_MEMBER, findResumePoint, WINDOW_SIZE, type ResumeKind } from './findResumePoint.ts';

/** Where reading can begin without anything before it. */
export interface ResumePoint {
  /** Of the first byte to fetch. */
  readonly compressedOffset: number;
  readonly uncompressedOffset: number;
  readonly kind: ResumeKind;
  /** The 32 KiB before it, deflated (raw); empty where none are needed. */
  readonly window: Uint8Array;
}

/** Close enough that little is fetched in vain, far enough that the windows stay small beside the layer. */
const COMPRESSED_SPACING = 2 * 1024 * 1024;
const UNCOMPRESSED_SPACING = 12 * 1024 * 1024;
/** A block is looked for in this much first, and in more where it is not found; zlib, Go and libdeflate begin one at least every 300 KB. */
const STRETCH = 96 * 1024;
const MAX_STRETCH = 512 * 1024;
/** Output of a stretch that is kept to prove it against. */
const MAX_KEPT_OUTPUT = 4 * 1024 * 1024;
const OUTPUT_CHUNK_SIZE = 256 * 1024;

export class GunzipScanner {
  readonly #onOutput: (chunk: Buffer) => void;
  readonly #gunzip: Gunzip;
  readonly #points: ResumePoint[] = [
    { compressedOffset: 0, uncompressedOffset: 0, kind: AT_MEMBER, window: new Uint8Array() },
  ];
  #failure: Error | undefined;
  #ended = false;
  #fed = 0;
  #came = 0;
  /** Input since a point was due. */
  #stretch: Buffer[] = [];
  #stretchLength = 0;
  /** The latest output: a window, and all that came of the stretch. */
  #kept: Buffer[] = [];
  #keptLength = 0;
  #stretchOutputLength = 0;
  #nextDue = COMPRESSED_SPACING;
  #nextDueOutput = UNCOMPRESSED_SPACING;
  #wake: (() => void) | undefined;

  /** `onOutput` may throw; that ends the scan with the same error. A chunk is whole only while it is called. */
  constructor(onOutput: (chunk: Buffer) => void) {
    this.#onOutput = onOutput;
    this.#gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_SIZE });
    // Taken a moment later, when zlib is at work on the next chunk in a thread of its own: both cores are busy then.
    this.#gunzip.on('data', (chunk: Buffer) => queueMicrotask(() => this.#take(chunk)));
    this.#gunzip.on('error', (error) => this.#fail(damagedArchive('gzip', error)));
    this.#gunzip.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** In rising order; the first is the start. */
  get points(): readonly ResumePoint[] {
    return this.#points;
  }

  get outputLength(): number {
    return this.#came;
  }

  /** Resolves when all that comes of `chunk` has come. */
  async write(chunk: Buffer): Promise<void> {
    for (let at = 0, length = 0; at < chunk.length; at += length) {
      const isDue = this.#isDue();
      length = isDue ? STRETCH : Math.max(this.#nextDue - this.#fed, STRETCH);
      await this.#feed(chunk.subarray(at, at + length), isDue);
    }
  }

  /** @throws CoreError `protocol` when the last member is not whole. */
  async end(): Promise<void> {
    if (!this.#ended && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#gunzip.end();
      });
    }
    this.#throwFailure();
  }

  destroy(): void {
    this.#gunzip.destroy();
  }

  #isDue(): boolean {
    return this.#fed >= this.#nextDue || this.#came >= this.#nextDueOutput;
  }

  async #feed(part: Buffer, isDue: boolean): Promise<void> {
    this.#throwFailure();
    if (isDue) {
      this.#stretch.push(part);
      this.#stretchLength += part.length;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#gunzip.write(part, () => resolve());
    });
    this.#throwFailure();
    this.#fed += part.length;
    if (isDue && this.#stretchLength >= STRETCH / 2) this.#notePoint();
  }

  #notePoint(): void {
    const output = Buffer.concat(this.#kept, this.#keptLength);
    const input = Buffer.concat(this.#stretch, this.#stretchLength);
    const found = findResumePoint(input, output, this.#came === this.#keptLength);
    if (found === undefined && this.#stretchLength < MAX_STRETCH) return;
    this.#stretch = [];
    this.#stretchLength = 0;
    this.#stretchOutputLength = 0;
    this.#nextDue = this.#fed + COMPRESSED_SPACING;
    this.#nextDueOutput = this.#came + UNCOMPRESSED_SPACING;
    if (found === undefined) return;
    const start = output.length - found.outputLength;
    const window =
      found.kind === AT_MEMBER ? undefined : output.subarray(Math.max(0, start - WINDOW_SIZE), start);
    this.#points.push({
      compressedOffset: this.#fed - input.length + found.offset,
      uncompressedOffset: this.#came - found.outputLength,
      kind: found.kind,
      window: window === undefined ? new Uint8Array() : deflateRawSync(window, { level: 1 }),
    });
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    this.#came += chunk.length;
    this.#kept.push(chunk);
    this.#keptLength += chunk.length;
    if (this.#stretchLength > 0) this.#stretchOutputLength += chunk.length;
    const wanted = Math.min(this.#stretchOutputLength, MAX_KEPT_OUTPUT) + WINDOW_SIZE;
    const gone: Buffer[] = [];
    while (this.#keptLength - this.#kept[0]!.length >= wanted) {
      const old = this.#kept.shift()!;
      this.#keptLength -= old.length;
      gone.push(old);
    }
    try {
      this.#onOutput(chunk);
    } catch (error) {
      this.#fail(error as Error);
    }
    gone.forEach(freeWhole);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/**
 * Gives the memory of a chunk back at once: the collector lets 64 MiB of them gather in every thread. zlib cuts several
 * chunks from one buffer, one behind the other, so that the buffer is done with when the last of them is.
 */
function freeWhole({ buffer, byteOffset, length }: Buffer): void {
  if (byteOffset + length === OUTPUT_CHUNK_SIZE && buffer.byteLength === OUTPUT_CHUNK_SIZE) {
    (buffer as ArrayBuffer).transfer(0);
  }
}
