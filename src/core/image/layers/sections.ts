/**
 * Named typed arrays and a few facts as they lie on the disk: each a zstd frame with its checksum, so that all are
 * decompressed at a time, each into the memory it stays in. Little-endian, as every machine is that runs VS Code.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

export type SectionArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;
export type SectionType = 'u8' | 'u16' | 'u32' | 'f64';

const MAGIC = 0x33584942;
/** Magic, then the length of the header as it is stored and as it is. */
const PREAMBLE = 12;
/** No section is larger; one that claims to be is damaged. */
const MAX_SECTION_BYTES = 1024 ** 3;
/** The least that zlib takes. */
const MIN_CHUNK_SIZE = 64;
const ALIGNMENT = 8;

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array } as const;
const FAST_WITH_CHECKSUM = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

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
    readonly storedLength: number;
  }[];
}

export async function packSections<Meta>({ meta, arrays }: Sections<Meta>): Promise<Uint8Array<ArrayBuffer>> {
  const frames = await Promise.all(Object.values(arrays).map((array) => compress(array, FAST_WITH_CHECKSUM)));
  const sections = Object.entries(arrays).map(([name, array], i) => ({
    name,
    type: typeOf(array),
    length: array.length,
    storedLength: frames[i]!.length,
  }));
  const header = Buffer.from(JSON.stringify({ meta, sections } satisfies Header<Meta>));
  const storedHeader = await compress(header, FAST_WITH_CHECKSUM);
  const parts = [storedHeader, ...frames];
  const packed = new Uint8Array(parts.reduce((sum, { length }) => sum + length, PREAMBLE));
  const view = new DataView(packed.buffer);
  [MAGIC, storedHeader.length, header.length].forEach((value, i) => view.setUint32(i * 4, value, true));
  let at = PREAMBLE;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** Undefined for what `packSections` did not write; rejects for what is not whole. */
export async function tryUnpackSections<Meta>(packed: Uint8Array): Promise<Sections<Meta> | undefined> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < PREAMBLE || view.getUint32(0, true) !== MAGIC) return undefined;
  let at = PREAMBLE;
  const next = (storedLength: number, length: number): Promise<Buffer> => {
    const frame = packed.subarray(at, at + storedLength);
    at += storedLength;
    return unpack(frame, length);
  };
  const header = await next(view.getUint32(4, true), view.getUint32(8, true));
  const { meta, sections } = JSON.parse(header.toString()) as Header<Meta>;
  const arrays = await Promise.all(
    sections.map(async ({ name, type, length, storedLength }) => {
      const Type = TYPES[type];
      const bytes = await next(storedLength, length * Type.BYTES_PER_ELEMENT);
      // Typed arrays have to lie on multiples of their size.
      const { buffer, byteOffset } = bytes.byteOffset % ALIGNMENT === 0 ? bytes : new Uint8Array(bytes);
      return [name, new Type(buffer as ArrayBuffer, byteOffset, length)] as const;
    }),
  );
  return { meta, arrays: Object.fromEntries(arrays) };
}

async function unpack(frame: Uint8Array, length: number): Promise<Buffer> {
  if (length > MAX_SECTION_BYTES) throw new Error('a section that is too long');
  const bytes = await decompress(frame, {
    maxOutputLength: Math.max(1, length),
    // One chunk for all of it: nothing is put together afterwards.
    chunkSize: length + MIN_CHUNK_SIZE,
  });
  if (bytes.length !== length) throw new Error('a section of another length');
  return bytes;
}

function typeOf(array: SectionArray): SectionType {
  const types = Object.keys(TYPES) as SectionType[];
  return types.find((type) => array instanceof TYPES[type])!;
}
