/**
 * Decompresses zstd once, frame by frame, and notes where frames begin: each can be read on its own. Frames are followed
 * by their headers and block headers, so that their ends are known without zstd's help.
 * Source: RFC 8878, 3.1.
 */
import { createZstdDecompress, constants } from 'node:zlib';
import { CoreError } from '../../common/CoreError.ts';
import { damagedArchive } from '../archive/damagedArchive.ts';
import { ZlibFeeder } from './ZlibFeeder.ts';

/** Where a frame begins. */
export interface FrameStart {
  readonly compressedOffset: number;
  readonly uncompressedOffset: number;
}

/** Frames nearer to each other than this are not told apart: reading a few small ones in vain costs nothing. */
const FRAME_SPACING = 1024 * 1024;
/** The most a frame may ask to be held in memory: 64 MiB. */
const WINDOW_LOG_MAX = 26;
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const OUTPUT_CHUNK_SIZE = 256 * 1024;

/** Follows frames and blocks over chunks of any size. */
class FrameCursor {
  #header = Buffer.alloc(0);
  #skip = 0;
  #state: 'magic' | 'header' | 'block' | 'checksum' | 'skippable' = 'magic';
  #hasChecksum = false;
  #isLastBlock = false;

  /** Nothing of a frame has been seen that is not over. */
  get isBetweenFrames(): boolean {
    return this.#state === 'magic' && this.#header.length === 0 && this.#skip === 0;
  }

  /** How many bytes from `at` on belong to the frame (at least one), and whether it ends with them. */
  advance(chunk: Buffer, at: number): { readonly length: number; readonly isFrameEnd: boolean } {
    const start = at;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
      } else {
        this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + 1)]);
        at += 1;
        this.#takeHeader();
      }
      if (this.#skip === 0 && this.#state === 'checksum') {
        this.#state = 'magic';
        return { length: at - start, isFrameEnd: true };
      }
    }
    return { length: at - start, isFrameEnd: false };
  }

  #takeHeader(): void {
    const header = this.#header;
    if (this.#state === 'magic' && header.length === 4) {
      const magic = header.readUInt32LE();
      if (magic === FRAME_MAGIC) this.#state = 'header';
      else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) this.#state = 'skippable';
      else throw damagedArchive('zstdMagic');
    } else if (this.#state === 'skippable' && header.length === 8) {
      this.#begin('checksum', header.readUInt32LE(4));
    } else if (this.#state === 'header' && header.length === 5) {
      const descriptor = header[4]!;
      this.#hasChecksum = (descriptor & 0x04) !== 0;
      const isSingleSegment = (descriptor & 0x20) !== 0;
      const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
      const rest = (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeLength;
      this.#begin('block', rest);
    } else if (this.#state === 'block' && header.length === 3) {
      const block = header.readUIntLE(0, 3);
      this.#isLastBlock = (block & 1) === 1;
      const type = (block >> 1) & 3;
      if (type === 3) throw damagedArchive('zstdBlock');
      // A block of one repeated byte stores that byte.
      const size = type === 1 ? 1 : block >> 3;
      if (this.#isLastBlock) this.#begin('checksum', size + (this.#hasChecksum ? 4 : 0));
      else this.#begin('block', size);
    }
  }

  #begin(state: 'block' | 'checksum', skip: number): void {
    this.#header = Buffer.alloc(0);
    this.#state = state;
    this.#skip = skip;
  }
}

export class ZstdScanner {
  readonly #onOutput: (chunk: Buffer) => void;
  readonly #frames: FrameStart[] = [];
  #cursor = new FrameCursor();
  #feeder: ZlibFeeder | undefined;
  #fed = 0;
  #came = 0;

  constructor(onOutput: (chunk: Buffer) => void) {
    this.#onOutput = onOutput;
  }

  /** In rising order; the first is the start. */
  get frames(): readonly FrameStart[] {
    return this.#frames;
  }

  get outputLength(): number {
    return this.#came;
  }

  /** Resolves when all that comes of `chunk` has come. @throws CoreError `protocol`, `tooLarge` */
  async write(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#cursor.isBetweenFrames) this.#beginFrame();
      const { length, isFrameEnd } = this.#cursor.advance(chunk, at);
      this.#emit(await this.#feeder!.feed(chunk.subarray(at, at + length)));
      if (isFrameEnd) await this.#endFrame();
      this.#fed += length;
      at += length;
    }
  }

  /** @throws CoreError `protocol` when the last frame is not whole. */
  async end(): Promise<void> {
    if (!this.#cursor.isBetweenFrames) throw damagedArchive('zstd');
  }

  destroy(): void {
    this.#feeder?.destroy();
  }

  #beginFrame(): void {
    this.#feeder = createZstdFeeder();
    const last = this.#frames.at(-1);
    if (last && this.#came - last.uncompressedOffset < FRAME_SPACING) return;
    this.#frames.push({ compressedOffset: this.#fed, uncompressedOffset: this.#came });
  }

  async #endFrame(): Promise<void> {
    this.#emit(await this.#feeder!.finish());
    this.#feeder!.destroy();
    this.#feeder = undefined;
  }

  #emit(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.#came += chunk.length;
      this.#onOutput(chunk);
    }
  }
}

/** What follows the start of a frame, as `input` comes; input that ends early is not an error. */
export async function* unzstdFrom(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let output: Buffer[] = [];
  const scanner = new ZstdScanner((chunk) => output.push(chunk));
  try {
    for await (const chunk of input) {
      output = [];
      await scanner.write(chunk);
      yield* output;
    }
  } finally {
    scanner.destroy();
  }
}

function createZstdFeeder(): ZlibFeeder {
  const stream = createZstdDecompress({
    chunkSize: OUTPUT_CHUNK_SIZE,
    params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
  });
  return new ZlibFeeder(stream, 'zstd', isWindowTooLarge);
}

function isWindowTooLarge(error: unknown): CoreError | undefined {
  const isIt = (error as { code?: string }).code === 'ZSTD_error_frameParameter_windowTooLarge';
  return isIt
    ? new CoreError('tooLarge', 'the archive wants more memory than is given to it', {
        operation: 'read layer',
        reason: 'zstdWindow',
      })
    : undefined;
}
