/**
 * Deflate blocks begin at any bit, and zlib begins at a byte. Empty blocks put before the first byte fill the bits that
 * belong to the block before, so that what follows is read where it is. Source: RFC 1951, 3.2.
 */

/** Bits in the order deflate reads them. */
class BitWriter {
  readonly bits: number[] = [];

  write(value: number, length: number): this {
    for (let i = 0; i < length; i += 1) this.bits.push((value >> i) & 1);
    return this;
  }
}

/** Ten bits: a block of fixed codes that holds only its end. */
function writeFixedBlock(writer: BitWriter): void {
  writer.write(0, 1).write(1, 2).write(0, 7);
}

/** 93 bits, an odd number: a block with codes of its own (only its end and one distance have any) that holds only its end. */
function writeDynamicBlock(writer: BitWriter): void {
  writer.write(0, 1).write(2, 2).write(0, 5).write(0, 5).write(15, 4);
  // Lengths of the code lengths' codes, in the order of the RFC: 18 (repeat zero) and 1 have one bit each.
  for (let i = 0; i < 19; i += 1) writer.write(i === 2 || i === 17 ? 1 : 0, 3);
  // 138 + 118 zeros, then length 1 for the end of block and for distance 0. Of two codes of one bit the first symbol's is 0.
  writer
    .write(1, 1)
    .write(138 - 11, 7)
    .write(1, 1)
    .write(118 - 11, 7)
    .write(0, 1)
    .write(0, 1);
  writer.write(0, 1);
}

/** What is fed before the bytes that follow a resume point. */
export interface AlignedPrefix {
  /** Whole bytes. */
  readonly bytes: Uint8Array;
  /** The low bits of the first byte that belong to the block before: they are replaced by `fill`. */
  readonly bits: number;
  readonly fill: number;
}

/** @param bits 0 to 7: how many bits of the first byte are not ours. */
export function createAlignedPrefix(bits: number): AlignedPrefix {
  const writer = new BitWriter();
  if (bits % 2 === 1) writeDynamicBlock(writer);
  while (writer.bits.length % 8 !== bits) writeFixedBlock(writer);
  const bytes = new Uint8Array(Math.ceil(writer.bits.length / 8));
  writer.bits.forEach((bit, i) => (bytes[i >> 3]! |= bit << (i & 7)));
  const whole = writer.bits.length >> 3;
  return { bytes: bytes.subarray(0, whole), bits, fill: bytes[whole] ?? 0 };
}
