/**
 * Finds a place in a stretch of gzip from which it can be read on its own. zlib does not say where blocks begin, so a
 * block is looked for by its header and believed only when what follows it comes out exactly as zlib had it.
 */
import { DeflateWalker } from './DeflateWalker.ts';

/** How reading begins at a resume point: at this bit of its first byte (0 to 7), or one of the names. */
export type ResumeKind = number;
/** The length of a stored block is here; its header ended in the byte before. */
export const AT_STORED_LENGTH = 8;
/** A member of gzip begins here. */
export const AT_MEMBER = 9;

export interface FoundPoint {
  /** Place in the stretch of the first byte needed. */
  readonly offset: number;
  readonly kind: ResumeKind;
  /** Bytes that come out between here and the end of the stretch. */
  readonly outputLength: number;
}

export const WINDOW_SIZE = 32 * 1024;
/** Fewer bytes behind a header prove nothing. */
const MIN_PROOF_BYTES = 512;

/**
 * The last place that can be proven. `output` is what came out up to the end of `input`, at least everything of this
 * stretch; with `isWholeOutput` nothing came before it.
 */
export function findResumePoint(
  input: Uint8Array,
  output: Uint8Array,
  isWholeOutput: boolean,
): FoundPoint | undefined {
  const walker = new DeflateWalker(input);
  const prove = (
    bitPosition: number,
    isMember: boolean,
    offset: number,
    kind: ResumeKind,
  ): FoundPoint | undefined => {
    const outputLength = walker.walk({ bitPosition, isMember });
    if (outputLength === undefined || outputLength < MIN_PROOF_BYTES) return undefined;
    const position = output.length - outputLength;
    // The window has to be at hand too.
    if (position < (isMember || isWholeOutput ? 0 : WINDOW_SIZE)) return undefined;
    const isTrue = walker.walk({ bitPosition, isMember }, { bytes: output, position }) === outputLength;
    return isTrue ? { offset, kind, outputLength } : undefined;
  };
  for (let at = input.length - 20; at >= 1; at -= 1) {
    const byte = input[at]!;
    if (byte === 0x1f && input[at + 1] === 0x8b && input[at + 2] === 0x08) {
      const found = prove(at * 8, true, at, AT_MEMBER);
      if (found) return found;
    }
    if ((byte ^ input[at + 2]!) === 0xff && (input[at + 1]! ^ input[at + 3]!) === 0xff) {
      // The three bits of its header end at the latest in the byte before, which is filled up with zeros.
      const found = input[at - 1]! >> 5 === 0 ? prove(at * 8 - 3, false, at, AT_STORED_LENGTH) : undefined;
      if (found) return found;
    }
    const bits = byte | (input[at + 1]! << 8) | (input[at + 2]! << 16);
    for (let bit = 7; bit >= 0; bit -= 1) {
      // Not the last block, codes of its own, at most 286 and 30 of them.
      const header = bits >> bit;
      if ((header & 7) !== 4 || ((header >> 3) & 31) > 29 || ((header >> 8) & 31) > 29) continue;
      if (!hasCompleteCodeLengths(input, at * 8 + bit)) continue;
      const found = prove(at * 8 + bit, false, at, bit);
      if (found) return found;
    }
  }
  return undefined;
}

/** Whether the code of the code lengths uses up all its room, as one in about a hundred does by chance. */
function hasCompleteCodeLengths(input: Uint8Array, position: number): boolean {
  const at = (position + 13) >> 3;
  const shift = (position + 13) & 7;
  // 4 bits of count and 19 × 3 bits.
  let bits = (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)) >> shift;
  const count = (bits & 15) + 4;
  let room = 128;
  let next = position + 17;
  for (let i = 0; i < count; i += 1, next += 3) {
    bits = (input[next >> 3]! | (input[(next >> 3) + 1]! << 8)) >> (next & 7);
    const length = bits & 7;
    if (length > 0) room -= 128 >> length;
  }
  return room === 0;
}
