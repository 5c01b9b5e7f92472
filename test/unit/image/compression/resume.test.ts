import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, gzipSync, inflateRawSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { createAlignedPrefix } from '../../../../src/core/image/compression/alignedPrefix.ts';
import { DeflateWalker } from '../../../../src/core/image/compression/DeflateWalker.ts';
import { findResumePoint } from '../../../../src/core/image/compression/findResumePoint.ts';
import { GunzipScanner } from '../../../../src/core/image/compression/GunzipScanner.ts';
import { inflateFrom } from '../../../../src/core/image/compression/inflateFrom.ts';
import { unzstdFrom, ZstdScanner } from '../../../../src/core/image/compression/ZstdScanner.ts';

/** Bytes that compress like text, and in parts not at all; always the same for a seed. */
function sampleBytes(length: number, seed = 'berth'): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  for (let i = 0; total < length; i += 1) {
    const hash = createHash('sha512').update(`${seed}${i}`).digest();
    const kind = (i >> 9) % 4;
    const part =
      kind === 0
        ? hash
        : kind === 1
          ? Buffer.from(hash.toString('hex'))
          : Buffer.from(`line ${hash[0]} of ${hash[1]! % 7}, the same words again and again\n`.repeat(3));
    parts.push(part);
    total += part.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

async function* from(bytes: Buffer, offset: number, size = 50_000): AsyncGenerator<Buffer> {
  for (let at = offset; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function scanGzip(gzip: Buffer, size = 1 << 20): Promise<{ output: Buffer; scanner: GunzipScanner }> {
  const chunks: Buffer[] = [];
  const scanner = new GunzipScanner((chunk) => chunks.push(Buffer.from(chunk)));
  for await (const chunk of from(gzip, 0, size)) await scanner.write(chunk);
  await scanner.end();
  return { output: Buffer.concat(chunks), scanner };
}

async function collect(chunks: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(parts).subarray(0, limit);
}

describe('Resume points of gzip', () => {
  const data = sampleBytes(24_000_000);
  const half = data.length / 2;
  const variants: Record<string, () => Buffer> = {
    'zlib, level 6': () => gzipSync(data),
    'zlib, level 1': () => gzipSync(data, { level: 1 }),
    'zlib, level 9 with small blocks': () => gzipSync(data, { level: 9, memLevel: 3 }),
    'stored blocks only': () => gzipSync(data, { level: 0 }),
    'Huffman codes only': () => gzipSync(data, { strategy: constants.Z_HUFFMAN_ONLY }),
    'several members': () =>
      Buffer.concat([gzipSync(data.subarray(0, half)), gzipSync(data.subarray(half), { level: 1 })]),
    'members of a few kilobytes': () =>
      Buffer.concat(
        Array.from({ length: 1200 }, (_, i) => gzipSync(data.subarray(i * 20_000, (i + 1) * 20_000))),
      ),
    'the gzip program': () => execFileSync('gzip', ['-c'], { input: data, maxBuffer: 1e8 }),
  };

  for (const [name, make] of Object.entries(variants)) {
    it(`are found every few megabytes, and reading resumes at each (${name})`, async () => {
      const gzip = make();
      const { output, scanner } = await scanGzip(gzip);
      const expected = name.startsWith('members') ? data.subarray(0, 24_000_000) : data;
      assert.ok(output.equals(expected));
      const { points } = scanner;
      assert.ok(
        points.length >= Math.floor(gzip.length / 2_600_000),
        `${points.length} points in ${gzip.length} bytes`,
      );
      for (const point of points) {
        const wanted = output.subarray(point.uncompressedOffset, point.uncompressedOffset + 400_000);
        const got = await collect(inflateFrom(point, from(gzip, point.compressedOffset, 30_001)), 400_000);
        assert.ok(got.equals(wanted), `at ${point.compressedOffset}, kind ${point.kind}`);
      }
    });
  }

  it('go on over the end of a member', async () => {
    const gzip = variants['several members']!();
    const { output, scanner } = await scanGzip(gzip);
    const before = scanner.points.findLast(({ uncompressedOffset }) => uncompressedOffset < half)!;
    const length = half - before.uncompressedOffset + 1_000_000;
    for (const size of [7, 4096]) {
      if (size === 7 && length > 3_000_000) continue;
      const got = await collect(inflateFrom(before, from(gzip, before.compressedOffset, size)), length);
      assert.ok(got.equals(output.subarray(before.uncompressedOffset, before.uncompressedOffset + length)));
    }
  });

  it('are never invented: where bytes only look like a block, none is found', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 600, maxLength: 4000 }), (noise) => {
        assert.equal(findResumePoint(noise, new Uint8Array(40_000), false), undefined);
      }),
      { numRuns: 60 },
    );
    // A layer often holds files that are gzip themselves.
    const inner = gzipSync(sampleBytes(400_000));
    const outer = gzipSync(inner, { level: 0 });
    const found = findResumePoint(outer, inner, true);
    assert.ok(found === undefined || inner.length - found.outputLength >= 0);
  });

  it('can begin at every bit of a byte', () => {
    const text = Buffer.from('what follows the bits of another block');
    for (let bits = 0; bits < 8; bits += 1) {
      const { bytes, fill } = createAlignedPrefix(bits);
      const raw = deflateRawSync(text);
      const shifted = Buffer.alloc(raw.length + 1);
      raw.forEach((byte, i) => {
        shifted[i]! |= (byte << bits) & 0xff;
        shifted[i + 1]! |= byte >> (8 - bits);
      });
      shifted[0]! |= fill;
      assert.deepEqual(inflateRawSync(Buffer.concat([bytes, shifted])), text);
    }
  });
});

describe('DeflateWalker', () => {
  it('counts what zlib makes of any deflate data, and knows it again', () => {
    const input = fc.tuple(
      fc.string({ maxLength: 3000 }),
      fc.nat(9),
      fc.constantFrom(0, 1, 2, 3, 4),
      fc.nat(40),
    );
    fc.assert(
      fc.property(input, ([text, level, strategy, repeat]) => {
        const bytes = Buffer.from(text.repeat(repeat + 1));
        const raw = deflateRawSync(bytes, { level, strategy });
        const walker = new DeflateWalker(gzipFrame(raw, bytes));
        const start = { bitPosition: 0, isMember: true };
        assert.equal(walker.walk(start), bytes.length);
        assert.equal(walker.walk(start, { bytes, position: 0 }), bytes.length);
        if (bytes.length > 0) {
          const other = Buffer.from(bytes);
          other[bytes.length >> 1]! ^= 1;
          assert.notEqual(walker.walk(start, { bytes: other, position: 0 }), bytes.length);
        }
      }),
    );
  });

  it('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(7), (bytes, bit) => {
        new DeflateWalker(bytes).walk({ bitPosition: bit, isMember: false });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('gzip', () => {
  it('gives the same bytes or says that it is damaged, whatever bits are flipped and however it is cut', async () => {
    const data = sampleBytes(60_000, 'flip');
    const gzip = gzipSync(data);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(gzip.length * 8 - 1), { maxLength: 3 }),
        fc.integer({ min: 500, max: 70_000 }),
        async (bits, size) => {
          const damaged = Buffer.from(gzip);
          for (const bit of bits) damaged[bit >> 3]! ^= 1 << (bit & 7);
          try {
            const { output } = await scanGzip(damaged, size);
            assert.ok(output.equals(data));
          } catch (error) {
            assert.ok(isCoreError(error, 'protocol'), String(error));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('zstd', () => {
  const data = sampleBytes(3_000_000, 'zstd');
  const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('hello')]);
  const third = 1_000_000;
  const frames = [
    zstdCompressSync(data.subarray(0, third)),
    skippable,
    zstdCompressSync(data.subarray(third, 2 * third), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    zstdCompressSync(data.subarray(2 * third)),
    skippable,
  ];
  const whole = Buffer.concat(frames);

  async function scan(bytes: Buffer, size: number): Promise<{ output: Buffer; scanner: ZstdScanner }> {
    const chunks: Buffer[] = [];
    const scanner = new ZstdScanner((chunk) => chunks.push(chunk));
    try {
      for await (const chunk of from(bytes, 0, size)) await scanner.write(chunk);
      await scanner.end();
    } finally {
      scanner.destroy();
    }
    return { output: Buffer.concat(chunks), scanner };
  }

  it('is read over several frames, those to skip among them, and resumes at each', async () => {
    for (const size of [1 << 20, 1000]) {
      const { output, scanner } = await scan(whole, size);
      assert.ok(output.equals(data));
      assert.ok(scanner.frames.length >= 2);
      for (const { compressedOffset, uncompressedOffset } of scanner.frames) {
        const got = await collect(unzstdFrom(from(whole, compressedOffset)), 5_000_000);
        assert.ok(got.equals(data.subarray(uncompressedOffset)));
      }
    }
  });

  it('is refused when it wants more memory than 64 MiB', async () => {
    const long = execFileSync('zstd', ['-q', '-1', '--long=27', '--stream-size=200000000', '-c'], {
      input: data,
      maxBuffer: 1e8,
    });
    await assert.rejects(scan(long, 1 << 20), (error) => isCoreError(error, 'tooLarge'));
  });

  it('gives the same bytes or says that it is damaged, whatever bits are flipped and however it is cut', async () => {
    const small = Buffer.concat([
      zstdCompressSync(data.subarray(0, 20_000)),
      skippable,
      zstdCompressSync(data.subarray(20_000, 40_000), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(small.length * 8 - 1), { maxLength: 3 }),
        fc.integer({ min: 200, max: 30_000 }),
        async (bits, size) => {
          const damaged = Buffer.from(small);
          for (const bit of bits) damaged[bit >> 3]! ^= 1 << (bit & 7);
          try {
            await scan(damaged, size);
          } catch (error) {
            assert.ok(isCoreError(error, 'protocol', 'tooLarge'), String(error));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** A member of gzip, its trailer without meaning to the walker. */
function gzipFrame(raw: Buffer, bytes: Buffer): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(bytes.length >>> 0, 4);
  return Buffer.concat([header, raw, trailer]);
}
