/**
 * Named typed arrays and a few facts in one buffer: how an index of a layer lies on the disk. Little-endian, as every
 * machine is that runs VS Code. Whether the bytes are whole is for the compression around them to say.
 */
export type SectionArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type SectionType = 'u8' | 'u16' | 'u32' | 'f64';

const MAGIC = 0x32584942;
const ALIGNMENT = 8;
/** Magic and length of the header. */
const PREAMBLE = 8;

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

/** What stands one behind the other in the buffer; nothing of the arrays is copied. */
export function encodeSections<Meta>({ meta, arrays }: Sections<Meta>): Uint8Array[] {
  const sections = Object.entries(arrays).map(([name, array]) => ({
    name,
    type: typeOf(array),
    length: array.length,
  }));
  const header = Buffer.from(JSON.stringify({ meta, sections } satisfies Header<Meta>));
  const preamble = new Uint8Array(PREAMBLE);
  const view = new DataView(preamble.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  const parts: Uint8Array[] = [preamble];
  for (const part of [header, ...Object.values(arrays)]) {
    const { buffer, byteOffset, byteLength } = part;
    parts.push(
      new Uint8Array(buffer, byteOffset, byteLength),
      new Uint8Array(align(byteLength) - byteLength),
    );
  }
  return parts;
}

/** Views into `bytes`, which are whole; undefined for anything that `encodeSections` did not write. */
export function tryDecodeSections<Meta>(bytes: Uint8Array): Sections<Meta> | undefined {
  // Typed arrays have to lie on multiples of their size.
  const own = bytes.byteOffset % ALIGNMENT === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(own.buffer, own.byteOffset, own.byteLength);
  if (own.length < PREAMBLE || view.getUint32(0, true) !== MAGIC) return undefined;
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
