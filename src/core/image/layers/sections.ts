/**
 * Named typed arrays and a few facts in one stretch of memory, as they lie on the disk. What is opened again is looked at
 * where it lies: nothing is decompressed or copied, however many there are, and a checksum tells damage. Little-endian,
 * as every machine is that runs VS Code.
 */
import { crc32 } from 'node:zlib';
import { TimeSlices } from '../../common/TimeSlices.ts';

export type SectionArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type SectionType = 'u8' | 'u16' | 'u32' | 'f64';

const MAGIC = 0x34584942;
/** Magic, CRC-32 of everything behind that, length of the header, and nothing. */
const PREAMBLE = 16;
const CHECKED_FROM = 8;
/** Typed arrays have to lie on multiples of their size. */
const ALIGNMENT = 8;
/** Summed at a time: less than a millisecond's work. */
const CHECKED_AT_ONCE = 1024 * 1024;

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array } as const;

export interface Sections<Meta> {
  readonly meta: Meta;
  readonly arrays: Readonly<Record<string, SectionArray>>;
}

interface Header<Meta> {
  readonly meta: Meta;
  readonly sections: readonly {
    readonly name: string;
    readonly type: SectionType;
    readonly length: number;
  }[];
}

/**
 * Numbers that fit in 32 bits come out as such, where all of an array do.
 * @param sections its arrays, each in a buffer of its own, are given up one by one as they are copied: of a million entries
 * there is never twice as much
 */
export function packSections<Meta>({ meta, arrays }: Sections<Meta>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays);
  const sections = entries.map(([name, array]) => ({ name, type: typeOf(array), length: array.length }));
  const header = Buffer.from(JSON.stringify({ meta, sections } satisfies Header<Meta>));
  const start = aligned(PREAMBLE + header.length);
  const packed = new Uint8Array(
    sections.reduce((sum, { type, length }) => sum + aligned(length * TYPES[type].BYTES_PER_ELEMENT), start),
  );
  packed.set(header, PREAMBLE);
  let at = start;
  for (const [i, [, array]] of entries.entries()) {
    const copy = new TYPES[sections[i]!.type](packed.buffer, at, array.length);
    copy.set(array);
    at += aligned(copy.byteLength);
    (array.buffer as ArrayBuffer).transfer(0);
  }
  const preamble = new Uint32Array(packed.buffer, 0, PREAMBLE / 4);
  preamble.set([MAGIC, 0, header.length]);
  preamble[1] = crc32(packed.subarray(CHECKED_FROM));
  return packed;
}

/** Undefined for what `packSections` did not write, and for what is not whole. */
export async function tryUnpackSections<Meta>(
  packed: Uint8Array<ArrayBuffer>,
): Promise<Sections<Meta> | undefined> {
  if (packed.length < PREAMBLE) return undefined;
  const [magic, expected] = new Uint32Array(packed.buffer, 0, 2);
  if (magic !== MAGIC) return undefined;
  const slices = new TimeSlices();
  let checksum = 0;
  for (let at = CHECKED_FROM; at < packed.length; at += CHECKED_AT_ONCE) {
    checksum = crc32(packed.subarray(at, at + CHECKED_AT_ONCE), checksum);
    await slices.breathe();
  }
  return checksum === expected ? unpackSections(packed) : undefined;
}

/**
 * Of what is known to be whole.
 * @param packed all of its buffer, which the arrays are views of
 */
export function unpackSections<Meta>({ buffer }: Uint8Array<ArrayBuffer>): Sections<Meta> {
  const headerLength = new Uint32Array(buffer, 8, 1)[0]!;
  const header = Buffer.from(buffer, PREAMBLE, headerLength).toString();
  const { meta, sections } = JSON.parse(header) as Header<Meta>;
  const arrays: Record<string, SectionArray> = {};
  let at = aligned(PREAMBLE + headerLength);
  for (const { name, type, length } of sections) {
    const array = new TYPES[type](buffer, at, length);
    arrays[name] = array;
    at += aligned(array.byteLength);
  }
  return { meta, arrays };
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function typeOf(array: SectionArray): SectionType {
  const types = Object.keys(TYPES) as SectionType[];
  const type = types.find((each) => array instanceof TYPES[each])!;
  return type === 'f64' && fitIn32Bits(array) ? 'u32' : type;
}

export function fitIn32Bits(values: SectionArray): boolean {
  return values.every((value: number) => value >>> 0 === value);
}
