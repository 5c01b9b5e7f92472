/**
 * What a layer holds and where its bytes are: a tree of entries in columns, so that a million of them fit. Entry 0 is the
 * root; the children of a directory stand side by side, sorted by name (bytes of UTF-8). Whiteouts are entries too: a
 * layer alone says what it deletes. Source: OCI image-spec, layer.md.
 */
import type { Digest } from '../../oci/digest.ts';
import type { SparseRegion } from '../archive/TarEntry.ts';
import type { FrameStart } from '../compression/ZstdScanner.ts';
import type { ResumePoint } from '../compression/GunzipScanner.ts';
import type { SectionArray, Sections } from './sections.ts';

/** Numbers as they are stored. `missingLink`: a hard link whose file is not in the same layer. */
export const EntryKind = {
  file: 0,
  directory: 1,
  symbolicLink: 2,
  characterDevice: 3,
  blockDevice: 4,
  fifo: 5,
  whiteout: 6,
  missingLink: 7,
} as const;

export const EntryFlag = {
  /** A directory that the archive only mentions in the paths of others. */
  implicit: 1,
  /** Hides what lower layers have in this directory. */
  opaque: 2,
  /** One more name of a file of this layer, whose facts it repeats. */
  hardLink: 4,
} as const;

/** Why the archive could not be read to its end; what came before it is there. */
export interface LayerProblem {
  readonly kind: 'protocol' | 'tooLarge';
  /** `damagedArchive`, `entryPath`, `zstdWindow`, `decompressedSize`, `tooManyEntries`. */
  readonly reason: string;
  /** A finer one for logs: `truncated`, `tarChecksum`. */
  readonly code?: string;
}

export interface Owner {
  readonly userId: number;
  readonly groupId: number;
  readonly userName: string;
  readonly groupName: string;
}

/** What few entries have. */
export interface EntryExtras {
  readonly sparse?: readonly SparseRegion[];
  readonly device?: { readonly major: number; readonly minor: number };
  readonly extendedAttributes?: Readonly<Record<string, string>>;
}

/** A part of a file in a layer with a table of contents. */
export interface FileChunk {
  /** Of the compressed part in the blob. */
  readonly compressedOffset: number;
  readonly compressedEnd: number;
  /** Bytes to skip once it is decompressed. */
  readonly innerOffset: number;
  /** Place in the file. */
  readonly offset: number;
  readonly sizeInBytes: number;
  readonly digest?: Digest;
}

export type ReadAccess =
  | { readonly kind: 'tar' }
  | { readonly kind: 'gzip'; readonly points: readonly ResumePoint[] }
  | { readonly kind: 'zstd'; readonly frames: readonly FrameStart[] }
  /** By a table of contents: every file says where its parts are. */
  | { readonly kind: 'chunks'; readonly compression: 'gzip' | 'zstd' };

/** Stored as JSON beside the columns. */
export interface LayerMeta {
  readonly version: typeof LAYER_INDEX_VERSION;
  readonly digest: Digest;
  readonly compression: ReadAccess['kind'];
  readonly chunkCompression?: 'gzip' | 'zstd';
  readonly problem?: LayerProblem;
  readonly owners: readonly Owner[];
  readonly extras: readonly (readonly [index: number, extras: EntryExtras])[];
  readonly uncompressedSizeInBytes: number;
}

/** As `packSections` found it. */
export type NumberArray = Uint32Array | Float64Array;

/** One number a column of the entry tree; see LayerIndexBuilder. */
export interface LayerColumns {
  readonly names: Uint8Array;
  /** One more than entries: where each name begins, and the end. The same for links and children. */
  readonly nameStart: Uint32Array;
  readonly links: Uint8Array;
  readonly linkStart: Uint32Array;
  readonly parent: Uint32Array;
  readonly firstChild: Uint32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  readonly mode: Uint16Array;
  readonly owner: Uint16Array;
  readonly size: NumberArray;
  readonly time: NumberArray;
  readonly dataOffset: NumberArray;
  readonly checksum: Uint32Array;
}

export interface ChunkColumns {
  readonly chunkStart: Uint32Array;
  readonly chunkCompressed: NumberArray;
  readonly chunkCompressedEnd: NumberArray;
  readonly chunkInner: NumberArray;
  readonly chunkOffset: NumberArray;
  readonly chunkSize: NumberArray;
  /** 32 bytes each, zeros where none is known. */
  readonly chunkDigest: Uint8Array;
}

export interface PointColumns {
  readonly pointCompressed: NumberArray;
  readonly pointUncompressed: NumberArray;
  readonly pointKind: Uint8Array;
  readonly windows: Uint8Array;
  readonly windowStart: Uint32Array;
}

/** What most entries have besides. */
export const NO_EXTRAS: EntryExtras = {};

export const LAYER_INDEX_VERSION = 3;
const DIGEST_LENGTH = 32;

export type LayerArrays = LayerColumns & Partial<ChunkColumns & PointColumns>;

export class LayerIndex {
  readonly meta: LayerMeta;
  readonly #columns: LayerArrays;
  readonly #extras: ReadonlyMap<number, EntryExtras>;
  readonly #names: Buffer;
  readonly #links: Buffer;

  constructor(meta: LayerMeta, columns: LayerArrays) {
    this.meta = meta;
    this.#columns = columns;
    this.#extras = new Map(meta.extras);
    this.#names = asBuffer(columns.names);
    this.#links = asBuffer(columns.links);
  }

  /** Undefined for what another version wrote. */
  static fromSections({ meta, arrays }: Sections<LayerMeta>): LayerIndex | undefined {
    if (meta.version !== LAYER_INDEX_VERSION) return undefined;
    return new LayerIndex(meta, arrays as unknown as LayerArrays);
  }

  /** What it is made of: for the disk, or another thread. */
  get sections(): Sections<LayerMeta> & { readonly arrays: LayerArrays } {
    return { meta: this.meta, arrays: { ...this.#columns } };
  }

  get digest(): Digest {
    return this.meta.digest;
  }

  /** Entries with the root. */
  get entryCount(): number {
    return this.#columns.kind.length;
  }

  get sizeInMemory(): number {
    return Object.values<SectionArray>({ ...this.#columns }).reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  }

  get access(): ReadAccess {
    const { compression } = this.meta;
    if (compression === 'gzip') return { kind: 'gzip', points: this.#points() };
    if (compression === 'zstd') return { kind: 'zstd', frames: this.#frames() };
    if (compression === 'chunks')
      return { kind: 'chunks', compression: this.meta.chunkCompression ?? 'gzip' };
    return { kind: 'tar' };
  }

  kindOf(entry: number): number {
    return this.#columns.kind[entry]!;
  }

  hasFlag(entry: number, flag: number): boolean {
    return (this.#columns.flags[entry]! & flag) !== 0;
  }

  parentOf(entry: number): number {
    return this.#columns.parent[entry]!;
  }

  firstChildOf(entry: number): number {
    return this.#columns.firstChild[entry]!;
  }

  /** One behind the last child. */
  endOfChildren(entry: number): number {
    return this.#columns.firstChild[entry + 1]!;
  }

  /** Without a whiteout's prefix: the name that it deletes. */
  nameOf(entry: number): string {
    const { nameStart } = this.#columns;
    return this.#names.toString('utf8', nameStart[entry], nameStart[entry + 1]);
  }

  /** Absolute: `/etc/passwd`, `/` for the root. */
  pathOf(entry: number): string {
    const parts: string[] = [];
    for (let at = entry; at !== 0; at = this.parentOf(at)) parts.push(this.nameOf(at));
    return `/${parts.reverse().join('/')}`;
  }

  /** A child by its name, whiteouts too. */
  find(directory: number, name: string): number | undefined {
    const wanted = Buffer.from(name);
    let low = this.firstChildOf(directory);
    let high = this.endOfChildren(directory);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compareName(middle, wanted);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** By an absolute path without `.` and `..`; links are not followed. */
  findPath(path: string): number | undefined {
    let entry: number | undefined = 0;
    for (const part of path.split('/')) {
      if (part === '') continue;
      entry = this.find(entry, part);
      if (entry === undefined) return undefined;
    }
    return entry;
  }

  modeOf(entry: number): number {
    return this.#columns.mode[entry]!;
  }

  ownerOf(entry: number): Owner {
    return this.meta.owners[this.#columns.owner[entry]!]!;
  }

  sizeOf(entry: number): number {
    return this.#columns.size[entry]!;
  }

  modifiedAtSecondsOf(entry: number): number {
    return this.#columns.time[entry]!;
  }

  /** Of the content in the decompressed archive; of no meaning in a layer with a table of contents. */
  dataOffsetOf(entry: number): number {
    return this.#columns.dataOffset[entry]!;
  }

  /** Target of a symbolic link, path of a hard link's file, else empty. */
  linkOf(entry: number): string {
    const { linkStart } = this.#columns;
    return this.#links.toString('utf8', linkStart[entry], linkStart[entry + 1]);
  }

  /** CRC-32 of a file's stored content; undefined where the content was not read. */
  checksumOf(entry: number): number | undefined {
    return this.meta.compression === 'chunks' || this.kindOf(entry) !== EntryKind.file
      ? undefined
      : this.#columns.checksum[entry];
  }

  extrasOf(entry: number): EntryExtras {
    return this.#extras.get(entry) ?? NO_EXTRAS;
  }

  /** Where the compressed parts of a file begin in the blob; 0 where it has none. */
  chunksOffsetOf(entry: number): number {
    const { chunkStart, chunkCompressed } = this.#columns;
    const first = chunkStart?.[entry] ?? 0;
    return first < (chunkStart?.[entry + 1] ?? 0) ? chunkCompressed![first]! : 0;
  }

  /** In the order of the file. */
  chunksOf(entry: number): FileChunk[] {
    const {
      chunkStart,
      chunkCompressed,
      chunkCompressedEnd,
      chunkInner,
      chunkOffset,
      chunkSize,
      chunkDigest,
    } = this.#columns;
    const chunks: FileChunk[] = [];
    for (let i = chunkStart?.[entry] ?? 0; i < (chunkStart?.[entry + 1] ?? 0); i += 1) {
      const digest = Buffer.from(chunkDigest!.subarray(i * DIGEST_LENGTH, (i + 1) * DIGEST_LENGTH));
      chunks.push({
        compressedOffset: chunkCompressed![i]!,
        compressedEnd: chunkCompressedEnd![i]!,
        innerOffset: chunkInner![i]!,
        offset: chunkOffset![i]!,
        sizeInBytes: chunkSize![i]!,
        ...(digest.some((byte) => byte !== 0) && { digest: `sha256:${digest.toString('hex')}` }),
      });
    }
    return chunks;
  }

  #points(): ResumePoint[] {
    const { pointCompressed, pointUncompressed, pointKind, windows, windowStart } = this.#columns;
    return Array.from(pointCompressed!, (compressedOffset, i) => ({
      compressedOffset,
      uncompressedOffset: pointUncompressed![i]!,
      kind: pointKind![i]!,
      window: windows!.subarray(windowStart![i], windowStart![i + 1]),
    }));
  }

  #frames(): FrameStart[] {
    const { pointCompressed, pointUncompressed } = this.#columns;
    return Array.from(pointCompressed!, (compressedOffset, i) => ({
      compressedOffset,
      uncompressedOffset: pointUncompressed![i]!,
    }));
  }

  #compareName(entry: number, wanted: Uint8Array): number {
    const { names, nameStart } = this.#columns;
    return compareBytes(names, nameStart[entry]!, nameStart[entry + 1]!, wanted, 0, wanted.length);
  }
}

/** Order of two stretches of bytes, the shorter first where one begins the other. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i += 1) {
    const order = a[aStart + i]! - b[bStart + i]!;
    if (order !== 0) return order;
  }
  return aEnd - aStart - (bEnd - bStart);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
