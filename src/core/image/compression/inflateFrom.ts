/** Decompresses gzip from a resume point on. */
import { createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib';
import { createAlignedPrefix } from './alignedPrefix.ts';
import { ZlibFeeder } from './ZlibFeeder.ts';
import { AT_MEMBER, AT_STORED_LENGTH } from './findResumePoint.ts';
import type { ResumePoint } from './GunzipScanner.ts';

const OUTPUT_CHUNK_SIZE = 128 * 1024;
/** CRC-32 and size of a member. */
const TRAILER_SIZE = 8;

/**
 * What follows `point`, as `input` (the bytes from `point.compressedOffset` on) comes. Input that ends early is not an
 * error: the caller fetches only as much as it needs.
 * @throws CoreError `protocol` where the bytes are no gzip
 */
export async function* inflateFrom(point: ResumePoint, input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let skip = 0;
  const rest = restOf(point, input);
  if (point.kind !== AT_MEMBER) {
    const window = point.window.length > 0 ? inflateRawSync(point.window) : undefined;
    const prefix = point.kind === AT_STORED_LENGTH ? undefined : createAlignedPrefix(point.kind);
    const start = prefix?.bytes ?? Uint8Array.of(0);
    const feeder = new ZlibFeeder(
      createInflateRaw({ chunkSize: OUTPUT_CHUNK_SIZE, ...(window && { dictionary: window }) }),
      'gzip',
    );
    try {
      if (start.length > 0) await feeder.feed(start);
      let fed = start.length;
      for await (const chunk of rest) {
        yield* await feeder.feed(chunk);
        fed += chunk.length;
        if (!feeder.isEnded) continue;
        const unread = chunk.subarray(chunk.length - (fed - feeder.bytesTaken));
        rest.unread(unread);
        skip = TRAILER_SIZE;
        break;
      }
      if (!feeder.isEnded) return;
    } finally {
      feeder.destroy();
    }
  }
  const gunzip = new ZlibFeeder(createGunzip({ chunkSize: OUTPUT_CHUNK_SIZE }), 'gzip');
  try {
    for await (const chunk of rest) {
      const wanted = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - wanted.length;
      if (wanted.length === 0) continue;
      yield* await gunzip.feed(wanted);
      if (gunzip.isEnded) return;
    }
  } finally {
    gunzip.destroy();
  }
}

/** The input with the first byte's foreign bits filled in, and room for what was taken too much. */
function restOf(point: ResumePoint, input: AsyncIterable<Buffer>) {
  const iterator = input[Symbol.asyncIterator]();
  let isFirst = true;
  let returned: Buffer | undefined;
  return {
    unread: (chunk: Buffer): void => {
      returned = chunk;
    },
    [Symbol.asyncIterator]: () => ({
      next: async (): Promise<IteratorResult<Buffer, undefined>> => {
        if (returned && returned.length > 0) {
          const value = returned;
          returned = undefined;
          return { done: false, value };
        }
        const result = (await iterator.next()) as IteratorResult<Buffer, undefined>;
        if (result.done === true || !isFirst || result.value.length === 0) return result;
        isFirst = false;
        return { done: false, value: withFilledBits(point.kind, result.value) };
      },
    }),
  };
}

function withFilledBits(kind: number, chunk: Buffer): Buffer {
  if (kind > 7 || kind === 0) return chunk;
  const { bits, fill } = createAlignedPrefix(kind);
  const copy = Buffer.from(chunk);
  copy[0] = (copy[0]! & ~((1 << bits) - 1)) | fill;
  return copy;
}
