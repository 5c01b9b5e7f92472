/**
 * Follows deflate blocks without keeping what they hold: counts the bytes that come out up to a given end, and checks
 * them against bytes that are known. zlib does the real work; this only finds and proves places where reading can resume.
 * Sources: RFC 1951; RFC 1952 for members of gzip.
 */
import { tryReadGzipHeader } from './gzipHeader.ts';

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Looked up by the next bits: `symbol << 4 | length of its code`, 0 where no code begins so. */
interface CodeTable {
  readonly entries: Uint16Array;
  /** Bits to look up with. */
  readonly bits: number;
}

/** The input ended inside something: everything before it was counted. */
const INCOMPLETE = Symbol('incomplete');
type Incomplete = typeof INCOMPLETE;

/** Where to begin: at a block's first bit, or at a member of gzip. */
export interface WalkStart {
  readonly bitPosition: number;
  readonly isMember: boolean;
}

/** Known output to hold what comes out against; `position` is where the walk's first byte is in it. */
export interface KnownOutput {
  readonly bytes: Uint8Array;
  readonly position: number;
}

let fixedTables: { literals: CodeTable; distances: CodeTable } | undefined;

export class DeflateWalker {
  readonly #input: Uint8Array;
  readonly #endBit: number;
  #bit = 0;
  #count = 0;
  #known: KnownOutput | undefined;

  /** The walk ends with the last bit of `input`. */
  constructor(input: Uint8Array) {
    this.#input = input;
    this.#endBit = input.length * 8;
  }

  /**
   * Bytes that come out from `start` to the end of the input, as far as their codes are whole; undefined where it is not
   * deflate, or where it differs from `known`.
   */
  walk({ bitPosition, isMember }: WalkStart, known?: KnownOutput): number | undefined {
    this.#bit = bitPosition;
    this.#count = 0;
    this.#known = known;
    let isHeaderNext = isMember;
    for (;;) {
      if (isHeaderNext) {
        const length = tryReadGzipHeader(this.#input, this.#bit >> 3);
        if (length === undefined) return undefined;
        if (length === 'incomplete') return this.#count;
        this.#bit += length * 8;
      }
      const outcome = this.#block();
      if (outcome === INCOMPLETE) return this.#count;
      if (outcome === undefined) return undefined;
      isHeaderNext = outcome === 'final';
      if (isHeaderNext) {
        // CRC-32 and size follow on whole bytes.
        this.#bit = ((this.#bit + 7) >> 3) * 8 + 64;
        if (this.#bit >= this.#endBit) return this.#count;
      }
    }
  }

  #block(): 'more' | 'final' | Incomplete | undefined {
    const header = this.#take(3);
    if (header === INCOMPLETE) return INCOMPLETE;
    const end = (header & 1) === 1 ? 'final' : 'more';
    const type = header >> 1;
    if (type === 3) return undefined;
    if (type === 0) {
      const outcome = this.#stored();
      return outcome === true ? end : outcome === false ? undefined : INCOMPLETE;
    }
    const tables = type === 1 ? fixed() : this.#dynamicTables();
    if (tables === INCOMPLETE || tables === undefined) return tables;
    const outcome = this.#symbols(tables.literals, tables.distances);
    return outcome === true ? end : outcome === false ? undefined : INCOMPLETE;
  }

  /** True at the end of the block, false where it is not deflate or differs from what is known. */
  #stored(): boolean | Incomplete {
    const input = this.#input;
    const at = (this.#bit + 7) >> 3;
    if (at + 4 > input.length) return INCOMPLETE;
    const length = input[at]! | (input[at + 1]! << 8);
    if (length !== ((input[at + 2]! | (input[at + 3]! << 8)) ^ 0xffff)) return false;
    const available = Math.min(length, input.length - at - 4);
    if (this.#known) {
      const { bytes, position } = this.#known;
      const start = position + this.#count;
      for (let i = 0; i < available; i += 1) if (bytes[start + i] !== input[at + 4 + i]) return false;
    }
    this.#count += available;
    this.#bit = (at + 4 + available) * 8;
    return available < length ? INCOMPLETE : true;
  }

  #dynamicTables(): { literals: CodeTable; distances: CodeTable } | Incomplete | undefined {
    const sizes = this.#take(14);
    if (sizes === INCOMPLETE) return INCOMPLETE;
    const literalCount = (sizes & 31) + 257;
    const distanceCount = ((sizes >> 5) & 31) + 1;
    if (literalCount > 286 || distanceCount > 30) return undefined;
    const codeLengths = new Uint8Array(19);
    for (let i = 0; i < (sizes >> 10) + 4; i += 1) {
      const length = this.#take(3);
      if (length === INCOMPLETE) return INCOMPLETE;
      codeLengths[CODE_LENGTH_ORDER[i]!] = length;
    }
    const lengthCodes = createTable(codeLengths, false);
    if (!lengthCodes) return undefined;
    const lengths = new Uint8Array(literalCount + distanceCount);
    for (let i = 0; i < lengths.length;) {
      const symbol = this.#symbol(lengthCodes);
      if (symbol === INCOMPLETE || symbol === undefined) return symbol;
      if (symbol < 16) {
        lengths[i] = symbol;
        i += 1;
        continue;
      }
      const [extra, base] = symbol === 16 ? [2, 3] : symbol === 17 ? [3, 3] : [7, 11];
      const more = this.#take(extra);
      if (more === INCOMPLETE) return INCOMPLETE;
      const repeat = base + more;
      if (i + repeat > lengths.length || (symbol === 16 && i === 0)) return undefined;
      if (symbol === 16) lengths.fill(lengths[i - 1]!, i, i + repeat);
      i += repeat;
    }
    if (lengths[256] === 0) return undefined;
    const literals = createTable(lengths.subarray(0, literalCount), true);
    const distances = createTable(lengths.subarray(literalCount), true);
    return literals && distances && { literals, distances };
  }

  /** True at the end of the block, false where it is not deflate or differs from what is known. */
  #symbols(literals: CodeTable, distances: CodeTable): boolean | Incomplete {
    const input = this.#input;
    const known = this.#known?.bytes;
    const from = this.#known?.position ?? 0;
    for (;;) {
      const at = this.#bit >> 3;
      const bits =
        (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>>
        (this.#bit & 7);
      const entry = literals.entries[bits & ((1 << literals.bits) - 1)]!;
      if (entry === 0) return this.#bit + 15 > this.#endBit ? INCOMPLETE : false;
      if (this.#bit + (entry & 15) > this.#endBit) return INCOMPLETE;
      const symbol = entry >> 4;
      if (symbol < 256) {
        if (known && known[from + this.#count] !== symbol) return false;
        this.#bit += entry & 15;
        this.#count += 1;
        continue;
      }
      this.#bit += entry & 15;
      if (symbol === 256) return true;
      if (symbol > 285) return false;
      const lengthExtra = this.#take(LENGTH_EXTRA[symbol - 257]!);
      if (lengthExtra === INCOMPLETE) return INCOMPLETE;
      const distanceSymbol = this.#symbol(distances);
      if (distanceSymbol === INCOMPLETE) return INCOMPLETE;
      if (distanceSymbol === undefined || distanceSymbol > 29) return false;
      const distanceExtra = this.#take(DISTANCE_EXTRA[distanceSymbol]!);
      if (distanceExtra === INCOMPLETE) return INCOMPLETE;
      const length = LENGTH_BASE[symbol - 257]! + lengthExtra;
      if (known) {
        const start = from + this.#count;
        const source = start - DISTANCE_BASE[distanceSymbol]! - distanceExtra;
        if (source < 0) return false;
        for (let i = 0; i < length; i += 1) if (known[start + i] !== known[source + i]) return false;
      }
      this.#count += length;
    }
  }

  #symbol({ entries, bits }: CodeTable): number | Incomplete | undefined {
    const entry = entries[this.#peek() & ((1 << bits) - 1)]!;
    if (entry === 0) return this.#bit + 15 > this.#endBit ? INCOMPLETE : undefined;
    if (this.#bit + (entry & 15) > this.#endBit) return INCOMPLETE;
    this.#bit += entry & 15;
    return entry >> 4;
  }

  #take(length: number): number | Incomplete {
    if (this.#bit + length > this.#endBit) return INCOMPLETE;
    const value = this.#peek() & ((1 << length) - 1);
    this.#bit += length;
    return value;
  }

  /** At least 25 bits; zeros behind the end. */
  #peek(): number {
    const at = this.#bit >> 3;
    const input = this.#input;
    return (
      (input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)) >>>
      (this.#bit & 7)
    );
  }
}

function fixed(): { literals: CodeTable; distances: CodeTable } {
  if (!fixedTables) {
    const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
    fixedTables = {
      literals: createTable(lengths, true)!,
      distances: createTable(new Uint8Array(32).fill(5), true)!,
    };
  }
  return fixedTables;
}

/**
 * Undefined for lengths that are no code: over-subscribed, or with room left, except (where `maySparse`) one code of one
 * bit or none at all, as zlib allows.
 */
function createTable(lengths: Uint8Array, maySparse: boolean): CodeTable | undefined {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]! += 1;
  counts[0] = 0;
  let longest = 15;
  while (longest > 0 && counts[longest] === 0) longest -= 1;
  let left = 1;
  const next = new Uint16Array(17);
  for (let length = 1; length <= 15; length += 1) {
    left = left * 2 - counts[length]!;
    if (left < 0) return undefined;
    next[length + 1] = (next[length]! + counts[length]!) << 1;
  }
  if (left > 0 && !(maySparse && longest <= 1)) return undefined;
  const bits = Math.max(longest, 1);
  const entries = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    const code = reverseBits(next[length]!, length);
    next[length]! += 1;
    const entry = (symbol << 4) | length;
    for (let i = code; i < entries.length; i += 1 << length) entries[i] = entry;
  }
  return { entries, bits };
}

function reverseBits(value: number, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i += 1) result |= ((value >> i) & 1) << (length - 1 - i);
  return result;
}
