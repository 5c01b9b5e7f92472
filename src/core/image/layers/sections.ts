/**
 * Named typed arrays and a few facts in one buffer: how an index of a layer goes from the worker to the window and onto
 * the disk. Little-endian, as every machine is that runs VS Code.
 */
import { crc32 } from 'node:zlib';

export type SectionArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type SectionType = 'u8' | 'u16' | 'u32' | 'f64';

const MAGIC = 0x31584942;
const ALIGNMENT = 8;
/** Magic, length of the header, checksum of everything behind. */
const PREAMBLE = 16;

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

export function encodeSections<Meta>({ meta, arrays }: Sections<Meta>): Uint8Array {
  const sections = Object.entries(arrays).map(([name, array]) => ({
    name,
    type: typeOf(array),
    length: array.length,
  }));
  const header = Buffer.from(JSON.stringify({ meta, sections } satisfies Header<Meta>));
  const total = Object.values(arrays).reduce(
    (sum, array) => sum + align(array.byteLength),
    PREAMBLE + align(header.length),
  );
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(header, PREAMBLE);
  let at = PREAMBLE + align(header.length);
  for (const array of Object.values(arrays)) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += align(array.byteLength);
  }
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  view.setUint32(8, crc32(bytes.subarray(PREAMBLE)), true);
  return bytes;
}

/** Views into `bytes`; undefined for anything that `encodeSections` did not write so. */
export function tryDecodeSections<Meta>(bytes: Uint8Array): Sections<Meta> | undefined {
  // Typed arrays have to lie on multiples of their size.
  const own = bytes.byteOffset % ALIGNMENT === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
  if (own.length < PREAMBLE || view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getUint32(8, true) !== crc32(own.subarray(PREAMBLE))) return undefined;
  const headerLength = view.getUint32(4, true);
  const header = JSON.parse(
    Buffer.from(own.buffer, own.byteOffset + PREAMBLE, headerLength).toString(),
  ) as Header<Meta>;
  const arrays: Record<string, SectionArray> = {};
  let at = own.byteOffset + PREAMBLE + align(headerLength);
  for (const { name, type, length } of header.sections) {
    const array = new TYPES[type](own.buffer as ArrayBuffer, at, length);
    arrays[name] = array;
    at += align(array.byteLength);
  }
  return { meta: header.meta, arrays };
}

function typeOf(array: SectionArray): SectionType {
  const types = Object.keys(TYPES) as SectionType[];
  return types.find((type) => array instanceof TYPES[type])!;
}

function align(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
