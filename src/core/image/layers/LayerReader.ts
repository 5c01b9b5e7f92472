/** Reads the content of files out of a layer with as few bytes of the blob as the layer's index allows. */
import { createHash } from 'node:crypto';
import { createGunzip, crc32 } from 'node:zlib';
import { CoreError } from '../../common/CoreError.ts';
import { sortInSlices } from '../../common/sortInSlices.ts';
import { TimeSlices, type Slices } from '../../common/TimeSlices.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestAlgorithm } from '../../oci/digest.ts';
import type { SparseRegion } from '../archive/TarEntry.ts';
import type { BlobSource, BlobSpan } from '../BlobSource.ts';
import { inflateFrom } from '../compression/inflateFrom.ts';
import { ZlibFeeder } from '../compression/ZlibFeeder.ts';
import { unzstdFrom } from '../compression/ZstdScanner.ts';
import type { FileChunk, LayerIndex, ReadAccess } from './LayerIndex.ts';

/** A stretch of the decompressed archive that is read in one go, and the part of the blob it takes. */
interface Run {
  readonly start: number;
  readonly end: number;
  /** Where decompression begins. */
  readonly origin: number;
  readonly span: BlobSpan | undefined;
  readonly open: (input: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/** Files nearer to each other are read together. */
const MAX_GAP = 1024 * 1024;
/** Compressed parts of a lazy layer that are fetched together. */
const MAX_CHUNK_SPAN = 8 * 1024 * 1024;
/** Files of a lazy layer that are looked at for that. */
const FETCHED_AHEAD = 200;
const ZEROS = Buffer.alloc(64 * 1024);

export class LayerReader {
  readonly #index: LayerIndex;
  readonly #descriptor: Descriptor;
  readonly #source: BlobSource;
  #access: ReadAccess | undefined;

  constructor(index: LayerIndex, descriptor: Descriptor, source: BlobSource) {
    this.#index = index;
    this.#descriptor = descriptor;
    this.#source = source;
  }

  /**
   * The content of a file, or a part of it. A whole file is held against what was indexed before it ends.
   * @throws CoreError `digestMismatch` when it is another, `protocol`, `cancelled`, or what the source throws
   */
  async *read(entry: number, signal: AbortSignal, span?: BlobSpan): AsyncGenerator<Buffer> {
    for await (const file of this.readAll([entry], signal, new TimeSlices(signal), span)) yield* file.content;
  }

  /**
   * Several files, in the order of the layer: near ones share a request. The content of one has to be read, or left,
   * before the next is asked for.
   * @param slices in which they are put in order: there may be a million
   */
  async *readAll(
    entries: readonly number[],
    signal: AbortSignal,
    slices: Slices,
    span?: BlobSpan,
  ): AsyncGenerator<{ readonly entry: number; readonly content: AsyncGenerator<Buffer> }> {
    const isLazy = this.#index.meta.compression === 'chunks';
    const placeOf = (entry: number): number =>
      isLazy ? this.#index.chunksOffsetOf(entry) : this.#index.dataOffsetOf(entry);
    const sorted = await sortInSlices(entries, (a, b) => placeOf(a) - placeOf(b), slices);
    yield* isLazy
      ? this.#readChunked(sorted, signal, span)
      : this.#readArchived(sorted, signal, slices, span);
  }

  async *#readArchived(sorted: readonly number[], signal: AbortSignal, slices: Slices, span?: BlobSpan) {
    let cursor: Cursor | undefined;
    try {
      for (let i = 0; i < sorted.length; i += 1) {
        const entry = sorted[i]!;
        const size = this.#index.sizeOf(entry);
        const wanted = clip(span, size);
        const regions = this.#index.extrasOf(entry).sparse ?? (size > 0 ? [{ offset: 0, length: size }] : []);
        const stored = storedPart(regions, wanted);
        if (!cursor?.reaches(this.#index.dataOffsetOf(entry) + stored.start)) {
          await cursor?.close();
          cursor = undefined;
          if (stored.end > stored.start)
            cursor = await this.#openRun(await this.#runFor(sorted, i, stored, slices), signal);
        }
        const isWhole = span === undefined;
        const content = this.#archivedContent(entry, cursor, regions, wanted, isWhole);
        yield { entry, content };
        await content.return(undefined);
      }
    } finally {
      await cursor?.close();
    }
  }

  /** Zeros where nothing is stored, the archive's bytes elsewhere. */
  async *#archivedContent(
    entry: number,
    cursor: Cursor | undefined,
    regions: readonly SparseRegion[],
    wanted: BlobSpan,
    isWhole: boolean,
  ): AsyncGenerator<Buffer> {
    const end = wanted.offset + wanted.length;
    let position = wanted.offset;
    let at = this.#index.dataOffsetOf(entry);
    let checksum = 0;
    for (const { offset, length } of regions) {
      const from = Math.max(offset, wanted.offset);
      const to = Math.min(offset + length, end);
      if (from < to) {
        yield* zeros(from - position);
        for await (const bytes of cursor!.take(at + from - offset, to - from)) {
          if (isWhole) checksum = crc32(bytes, checksum);
          yield bytes;
        }
        position = to;
      }
      at += length;
    }
    yield* zeros(end - position);
    if (isWhole && checksum !== this.#index.checksumOf(entry)) throw this.#mismatch();
  }

  /** From the first stored byte of the file to the end of the last that is near. */
  async #runFor(
    sorted: readonly number[],
    first: number,
    stored: { readonly start: number; readonly end: number },
    slices: Slices,
  ): Promise<Run> {
    const at = this.#index.dataOffsetOf(sorted[first]!);
    let end = at + stored.end;
    for (let i = first + 1; i < sorted.length; i += 1) {
      await slices.breathe();
      const entry = sorted[i]!;
      const start = this.#index.dataOffsetOf(entry);
      if (start - end > MAX_GAP) break;
      const sparse = this.#index.extrasOf(entry).sparse;
      const length = sparse
        ? sparse.reduce((sum, region) => sum + region.length, 0)
        : this.#index.sizeOf(entry);
      end = Math.max(end, start + length);
    }
    return this.#planRun(at + stored.start, end);
  }

  #planRun(start: number, end: number): Run {
    const access = (this.#access ??= this.#index.access);
    const size = this.#descriptor.sizeInBytes;
    if (access.kind === 'tar') {
      return {
        start,
        end,
        origin: start,
        span: { offset: start, length: end - start },
        open: (input) => input,
      };
    }
    const points: readonly { readonly compressedOffset: number; readonly uncompressedOffset: number }[] =
      access.kind === 'gzip' ? access.points : access.kind === 'zstd' ? access.frames : [];
    const first = points.findLastIndex(({ uncompressedOffset }) => uncompressedOffset <= start);
    const from = points[first]!;
    const next = points.find(({ uncompressedOffset }) => uncompressedOffset >= end);
    // The byte at a resume point belongs to both sides.
    const until = next ? Math.min(next.compressedOffset + 1, size) : size;
    const open =
      access.kind === 'gzip'
        ? (input: AsyncIterable<Buffer>) => inflateFrom(access.points[first]!, input)
        : (input: AsyncIterable<Buffer>) => unzstdFrom(input);
    return {
      start,
      end,
      origin: from.uncompressedOffset,
      span: size > 0 ? { offset: from.compressedOffset, length: until - from.compressedOffset } : undefined,
      open,
    };
  }

  async #openRun(run: Run, signal: AbortSignal): Promise<Cursor> {
    const stream = await this.#source.open(this.#descriptor, signal, run.span);
    const skip = run.span ? 0 : await this.#offsetOf(run);
    const input = skip > 0 ? skipBytes(stream, skip) : (stream as AsyncIterable<Buffer>);
    return new Cursor(run.open(input), run.origin, run.end, () => stream.destroy());
  }

  /** Of a blob whose size nobody knows, no part can be asked for. */
  async #offsetOf(run: Run): Promise<number> {
    const access = (this.#access ??= this.#index.access);
    const points = access.kind === 'gzip' ? access.points : access.kind === 'zstd' ? access.frames : [];
    return points.find(({ uncompressedOffset }) => uncompressedOffset === run.origin)?.compressedOffset ?? 0;
  }

  async *#readChunked(sorted: readonly number[], signal: AbortSignal, span?: BlobSpan) {
    const cache = new SpanCache(this.#source, this.#descriptor, signal);
    for (const [i, entry] of sorted.entries()) {
      const later = (): FileChunk[] =>
        sorted.slice(i + 1, i + FETCHED_AHEAD).flatMap((next) => this.#index.chunksOf(next));
      const wanted = clip(span, this.#index.sizeOf(entry));
      const content = this.#chunkedContent(this.#index.chunksOf(entry), later, wanted, cache);
      yield { entry, content };
      await content.return(undefined);
    }
  }

  async *#chunkedContent(
    chunks: readonly FileChunk[],
    later: () => readonly FileChunk[],
    { offset, length }: BlobSpan,
    cache: SpanCache,
  ): AsyncGenerator<Buffer> {
    const end = offset + length;
    const wanted = chunks.filter((chunk) => chunk.offset < end && chunk.offset + chunk.sizeInBytes > offset);
    for (const [i, chunk] of wanted.entries()) {
      const from = Math.max(0, offset - chunk.offset);
      const to = Math.min(chunk.sizeInBytes, end - chunk.offset);
      if (chunk.compressedEnd === 0) {
        yield* zeros(to - from);
        continue;
      }
      const bytes = await this.#decompressChunk(
        chunk,
        await cache.get(chunk, () => [...wanted.slice(i + 1), ...later()]),
      );
      yield bytes.subarray(from, to);
    }
  }

  async #decompressChunk(chunk: FileChunk, compressed: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    const enough = chunk.innerOffset + chunk.sizeInBytes;
    for await (const part of this.#decompressor(compressed)) {
      parts.push(part);
      length += part.length;
      if (length >= enough) break;
    }
    const bytes = Buffer.concat(parts).subarray(chunk.innerOffset, enough);
    const { digest } = chunk;
    const isRight =
      bytes.length === chunk.sizeInBytes &&
      (digest === undefined ||
        digest === `sha256:${createHash(digestAlgorithm(digest)).update(bytes).digest('hex')}`);
    if (!isRight) throw this.#mismatch();
    return bytes;
  }

  #decompressor(compressed: Buffer): AsyncIterable<Buffer> {
    const input = slices(compressed);
    return this.#index.meta.chunkCompression === 'zstd' ? unzstdFrom(input) : gunzip(input);
  }

  #mismatch(): CoreError {
    return new CoreError('digestMismatch', 'the file is not what was indexed', {
      operation: 'read file',
      reason: 'file',
      subject: this.#index.digest,
    });
  }
}

/** Goes forward through a decompressed archive. */
class Cursor {
  readonly #iterator: AsyncIterator<Buffer, undefined>;
  readonly #end: number;
  readonly #onClose: () => void;
  /** Place in the archive of the first byte at hand. */
  #position: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>, position: number, end: number, onClose: () => void) {
    this.#iterator = bytes[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    this.#position = position;
    this.#end = end;
    this.#onClose = onClose;
  }

  /** Whether what begins at `offset` still comes. */
  reaches(offset: number): boolean {
    return offset >= this.#position && offset < this.#end;
  }

  async *take(offset: number, length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#iterator.next();
        if (done === true)
          throw new CoreError('sizeMismatch', 'the layer ends too early', {
            operation: 'read file',
            reason: 'short',
          });
        this.#rest = value;
      }
      const skip = Math.min(Math.max(0, offset - this.#position), this.#rest.length);
      const bytes = this.#rest.subarray(skip, skip + left);
      this.#position += skip + bytes.length;
      this.#rest = this.#rest.subarray(skip + bytes.length);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.#iterator.return?.(undefined).catch(() => undefined);
  }
}

/** The part of the blob that was fetched last, with what of later chunks lies beside it. */
class SpanCache {
  readonly #source: BlobSource;
  readonly #descriptor: Descriptor;
  readonly #signal: AbortSignal;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: BlobSource, descriptor: Descriptor, signal: AbortSignal) {
    this.#source = source;
    this.#descriptor = descriptor;
    this.#signal = signal;
  }

  async get(chunk: FileChunk, later: () => readonly FileChunk[]): Promise<Buffer> {
    const { compressedOffset: start, compressedEnd: end } = chunk;
    if (start < this.#start || end > this.#start + this.#bytes.length) await this.#fetch(chunk, later());
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  async #fetch(
    { compressedOffset: offset, compressedEnd }: FileChunk,
    later: readonly FileChunk[],
  ): Promise<void> {
    let end = compressedEnd;
    for (const next of later) {
      const isNear = next.compressedOffset <= end + MAX_GAP && next.compressedEnd - offset <= MAX_CHUNK_SPAN;
      if (next.compressedOffset >= offset && isNear) end = Math.max(end, next.compressedEnd);
    }
    const parts: Buffer[] = [];
    const span = { offset, length: end - offset };
    const stream = await this.#source.open(this.#descriptor, this.#signal, span);
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
    this.#start = offset;
    this.#bytes = Buffer.concat(parts);
  }
}

function clip(span: BlobSpan | undefined, size: number): BlobSpan {
  if (!span) return { offset: 0, length: size };
  const offset = Math.min(span.offset, size);
  return { offset, length: Math.min(span.length, size - offset) };
}

/** From the first to behind the last stored byte of the wanted part, counted from the file's first stored byte. */
function storedPart(
  regions: readonly SparseRegion[],
  { offset, length }: BlobSpan,
): { start: number; end: number } {
  let before = 0;
  let start = Infinity;
  let end = 0;
  for (const region of regions) {
    const from = Math.max(region.offset, offset);
    const to = Math.min(region.offset + region.length, offset + length);
    if (from < to) {
      start = Math.min(start, before + from - region.offset);
      end = before + to - region.offset;
    }
    before += region.length;
  }
  return { start: Math.min(start, end), end };
}

function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}

async function* skipBytes(input: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let left = length;
  for await (const chunk of input) {
    const wanted = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - wanted.length;
    if (wanted.length > 0) yield wanted;
  }
}

async function* gunzip(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const feeder = new ZlibFeeder(createGunzip(), 'gzip');
  try {
    for await (const chunk of input) yield* await feeder.feed(chunk);
  } finally {
    feeder.destroy();
  }
}
