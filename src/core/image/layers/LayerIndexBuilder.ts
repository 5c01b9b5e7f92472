/** Gathers the entries of a layer in any order and lays them out as a LayerIndex. */
import type { Digest } from '../../oci/digest.ts';
import type { TarEntry, TarEntryType } from '../archive/TarEntry.ts';
import { Column } from './Column.ts';
import {
  compareBytes,
  EntryFlag,
  EntryKind,
  LAYER_INDEX_VERSION,
  LayerIndex,
  type ChunkColumns,
  type EntryExtras,
  type FileChunk,
  type LayerArrays,
  type LayerMeta,
  type NumberArray,
  type Owner,
  type ReadAccess,
} from './LayerIndex.ts';
import { fitIn32Bits, type SectionArray } from './sections.ts';

/** What the archive says once it has been read. */
export interface LayerFacts {
  readonly digest: Digest;
  readonly access: ReadAccess;
  readonly uncompressedSizeInBytes: number;
  readonly problem?: LayerMeta['problem'];
}

/** Prefix of the files that stand for deleted ones. Source: OCI image-spec, layer.md, "Whiteouts". */
const WHITEOUT_PREFIX = '.wh.';
/** Files of the union file system itself; the first marks an opaque directory. */
const META_PREFIX = '.wh..wh.';
const OPAQUE_MARKER = '.wh..wh..opq';
const MAX_OWNERS = 65_535;
/** Hard links to hard links; more is a loop. */
const MAX_LINK_DEPTH = 8;

const KINDS: Readonly<Record<TarEntryType, number>> = {
  file: EntryKind.file,
  hardLink: EntryKind.missingLink,
  symbolicLink: EntryKind.symbolicLink,
  characterDevice: EntryKind.characterDevice,
  blockDevice: EntryKind.blockDevice,
  directory: EntryKind.directory,
  fifo: EntryKind.fifo,
};

export class LayerIndexBuilder {
  readonly #names = new Column(Uint8Array, 64 * 1024);
  readonly #nameEnd = new Column(Uint32Array);
  readonly #links = new Column(Uint8Array);
  readonly #linkEnd = new Column(Uint32Array);
  readonly #parent = new Column(Uint32Array);
  readonly #kind = new Column(Uint8Array);
  readonly #flags = new Column(Uint8Array);
  readonly #mode = new Column(Uint16Array);
  readonly #owner = new Column(Uint16Array);
  readonly #size = new Column(Float64Array);
  readonly #time = new Column(Float64Array);
  readonly #dataOffset = new Column(Float64Array);
  readonly #checksum = new Column(Uint32Array);
  /** When an entry was last written: of two with one name the later counts. */
  readonly #sequence = new Column(Uint32Array);
  readonly #extras = new Map<number, EntryExtras>();
  readonly #chunks = new Map<number, FileChunk[]>();
  readonly #owners: Owner[] = [];
  readonly #ownerIndex = new Map<string, number>();
  readonly #directories = new Map<string, number>();
  #lastDirectory = { path: '', index: 0 };
  #lastOwner: { readonly owner: Owner; readonly index: number } | undefined;
  #clock = 0;

  constructor() {
    this.#directories.set('', this.#push(0, '', EntryKind.directory, ROOT, EntryFlag.implicit));
  }

  /** With the root and the directories that are only mentioned. */
  get entryCount(): number {
    return this.#kind.length;
  }

  /** @param checksum CRC-32 of the stored content. A path that leaves the root is left out. */
  add(entry: TarEntry, checksum: number, chunks?: readonly FileChunk[]): void {
    const path = normalisePath(entry.path);
    if (path === undefined) return;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (name.startsWith(META_PREFIX)) {
      if (name === OPAQUE_MARKER)
        this.#setFlag(this.#directory(path.slice(0, Math.max(slash, 0))), EntryFlag.opaque);
      return;
    }
    let index: number;
    if (entry.type === 'directory') {
      index = this.#directory(path);
      this.#describe(index, entry);
      this.#flags.set(index, this.#flags.get(index) & ~EntryFlag.implicit);
    } else {
      const parent = this.#directory(slash < 0 ? '' : path.slice(0, slash));
      const isWhiteout = name.startsWith(WHITEOUT_PREFIX) && name.length > WHITEOUT_PREFIX.length;
      index = isWhiteout
        ? this.#push(parent, name.slice(WHITEOUT_PREFIX.length), EntryKind.whiteout, entry)
        : this.#push(parent, name, KINDS[entry.type], entry, 0, checksum);
      if (isWhiteout) return;
    }
    const { sparse, device, extendedAttributes } = entry;
    if (sparse ?? device ?? extendedAttributes) {
      this.#extras.set(index, {
        ...(sparse && { sparse }),
        ...(device && { device }),
        ...(extendedAttributes && { extendedAttributes }),
      });
    }
    if (chunks) this.#chunks.set(index, [...chunks]);
  }

  finish({ digest, access, uncompressedSizeInBytes, problem }: LayerFacts): LayerIndex {
    const order = this.#layOut();
    const columns = this.#columns(order);
    this.#resolveHardLinks(columns, order.entries);
    const position = new Map<number, number>();
    if (this.#extras.size > 0) order.entries.forEach((old, index) => position.set(old, index));
    const meta: LayerMeta = {
      version: LAYER_INDEX_VERSION,
      digest,
      compression: access.kind,
      ...(access.kind === 'chunks' && { chunkCompression: access.compression }),
      ...(problem && { problem }),
      owners: this.#owners,
      extras: [...this.#extras].flatMap(([old, extras]) => {
        const index = position.get(old);
        return index === undefined ? [] : [[index, extras] as const];
      }),
      uncompressedSizeInBytes,
    };
    return new LayerIndex(meta, {
      ...columns,
      ...(access.kind === 'chunks' && this.#chunkColumns(order.entries)),
      ...pointColumns(access),
    });
  }

  #push(
    parent: number,
    name: string,
    kind: number,
    entry: Pick<
      TarEntry,
      | 'mode'
      | 'userId'
      | 'groupId'
      | 'userName'
      | 'groupName'
      | 'sizeInBytes'
      | 'modifiedAtSeconds'
      | 'dataOffset'
      | 'linkPath'
    >,
    flags = 0,
    checksum = 0,
  ): number {
    this.#names.append(name);
    this.#nameEnd.push(this.#names.length);
    this.#links.append(entry.linkPath);
    this.#linkEnd.push(this.#links.length);
    this.#parent.push(parent);
    this.#kind.push(kind);
    this.#flags.push(flags);
    this.#mode.push(entry.mode);
    this.#owner.push(this.#ownerOf(entry));
    this.#size.push(entry.sizeInBytes);
    this.#time.push(entry.modifiedAtSeconds);
    this.#dataOffset.push(entry.dataOffset);
    this.#checksum.push(checksum);
    return this.#sequence.push(++this.#clock);
  }

  #describe(index: number, entry: TarEntry): void {
    this.#mode.set(index, entry.mode);
    this.#owner.set(index, this.#ownerOf(entry));
    this.#time.set(index, entry.modifiedAtSeconds);
    this.#sequence.set(index, ++this.#clock);
  }

  #setFlag(index: number, flag: number): void {
    this.#flags.set(index, this.#flags.get(index) | flag);
  }

  /** The directory at a normalised path, made where it is not there; it counts as written now. */
  #directory(path: string): number {
    if (this.#lastDirectory.path !== path) {
      this.#lastDirectory = { path, index: this.#directories.get(path) ?? this.#makeDirectory(path) };
    }
    const { index } = this.#lastDirectory;
    this.#sequence.set(index, ++this.#clock);
    return index;
  }

  #makeDirectory(path: string): number {
    const slash = path.lastIndexOf('/');
    const parentPath = slash < 0 ? '' : path.slice(0, slash);
    const parent = this.#directories.get(parentPath) ?? this.#makeDirectory(parentPath);
    const index = this.#push(parent, path.slice(slash + 1), EntryKind.directory, ROOT, EntryFlag.implicit);
    this.#directories.set(path, index);
    return index;
  }

  #ownerOf(owner: Owner): number {
    // Most are of the same as the one before.
    if (!this.#lastOwner || !isSameOwner(this.#lastOwner.owner, owner))
      this.#lastOwner = { owner, index: this.#findOwner(owner) };
    return this.#lastOwner.index;
  }

  #findOwner({ userId, groupId, userName, groupName }: Owner): number {
    const key = `${userId} ${groupId} ${userName}\0${groupName}`;
    const known = this.#ownerIndex.get(key);
    if (known !== undefined) return known;
    if (this.#owners.length === MAX_OWNERS) return 0;
    this.#owners.push({ userId, groupId, userName, groupName });
    this.#ownerIndex.set(key, this.#owners.length - 1);
    return this.#owners.length - 1;
  }

  /** By names; of views that are made once, because this is asked millions of times. */
  #comparator(): (a: number, b: number) => number {
    const names = this.#names.values();
    const ends = this.#nameEnd.values();
    const start = (entry: number): number => (entry === 0 ? 0 : ends[entry - 1]!);
    return (a, b) => compareBytes(names, start(a), ends[a]!, names, start(b), ends[b]!);
  }

  /** Old numbers in the new order, breadth first, so that the children of a directory stand side by side; and where they begin. */
  #layOut(): Layout {
    const count = this.#kind.length;
    // Children by parent, in the order they came.
    const start = new Uint32Array(count + 1);
    for (let i = 1; i < count; i += 1) start[this.#parent.get(i) + 1]! += 1;
    for (let i = 0; i < count; i += 1) start[i + 1]! += start[i]!;
    const children = new Uint32Array(count);
    const fill = start.slice();
    for (let i = 1; i < count; i += 1) children[fill[this.#parent.get(i)]!++] = i;

    const compare = this.#comparator();
    const entries = new Uint32Array(count);
    const firstChild = new Column(Uint32Array, count + 1);
    let length = 1;
    for (let i = 0; i < length; i += 1) {
      firstChild.push(length);
      const old = entries[i]!;
      if (this.#kind.get(old) !== EntryKind.directory) continue;
      for (const child of this.#sortedChildren(children.subarray(start[old], start[old + 1]), compare)) {
        entries[length] = child;
        length += 1;
      }
    }
    firstChild.push(length);
    return { entries: entries.subarray(0, length), firstChild: firstChild.values() };
  }

  /** By name, each name once: the later of two; a file's own whiteout says only that it hides what was below. */
  #sortedChildren(children: Uint32Array, compare: (a: number, b: number) => number): Uint32Array {
    let isSorted = true;
    for (let i = 1; i < children.length && isSorted; i += 1) {
      isSorted = compare(children[i - 1]!, children[i]!) < 0;
    }
    if (isSorted) return children;
    const sorted = children.toSorted(
      (a, b) => compare(a, b) || this.#sequence.get(a) - this.#sequence.get(b),
    );
    let length = 0;
    for (const child of sorted) {
      const previous = sorted[length - 1];
      if (previous === undefined || compare(previous, child) !== 0) {
        sorted[length] = child;
        length += 1;
        continue;
      }
      const [whiteout, other] =
        this.#kind.get(child) === EntryKind.whiteout ? [child, previous] : [previous, child];
      const isPair =
        this.#kind.get(whiteout) === EntryKind.whiteout && this.#kind.get(other) !== EntryKind.whiteout;
      if (isPair && this.#kind.get(other) === EntryKind.directory) this.#setFlag(other, EntryFlag.opaque);
      sorted[length - 1] = isPair ? other : child;
    }
    return sorted.subarray(0, length);
  }

  #columns({ entries, firstChild }: Layout): LayerArrays {
    const count = entries.length;
    const position = new Uint32Array(this.#kind.length);
    entries.forEach((old, index) => (position[old] = index));
    const parent = new Uint32Array(count);
    for (let i = 0; i < count; i += 1) parent[i] = position[this.#parent.get(entries[i]!)]!;
    this.#parent.free();
    const [names, nameStart] = takeText(this.#names, this.#nameEnd, entries);
    const [links, linkStart] = takeText(this.#links, this.#linkEnd, entries);
    return {
      names,
      nameStart,
      links,
      linkStart,
      parent,
      firstChild,
      kind: take(this.#kind, new Uint8Array(count), entries),
      flags: take(this.#flags, new Uint8Array(count), entries),
      mode: take(this.#mode, new Uint16Array(count), entries),
      owner: take(this.#owner, new Uint16Array(count), entries),
      size: take(this.#size, numbersLike(this.#size, count), entries),
      time: take(this.#time, numbersLike(this.#time, count), entries),
      dataOffset: take(this.#dataOffset, numbersLike(this.#dataOffset, count), entries),
      checksum: take(this.#checksum, new Uint32Array(count), entries),
    };
  }

  /** A hard link has the facts of its file, where that is in this layer. */
  #resolveHardLinks(columns: LayerArrays, entries: Uint32Array): void {
    const { kind, flags, mode, owner, size, time, dataOffset, checksum } = columns;
    let tree: LayerIndex | undefined;
    const resolve = (entry: number, depth: number): number | undefined => {
      if (kind[entry] !== EntryKind.missingLink) return entry;
      if (depth > MAX_LINK_DEPTH) return undefined;
      tree ??= new LayerIndex({ ...EMPTY_META, owners: this.#owners }, columns);
      const path = normalisePath(tree.linkOf(entry));
      const target = path === undefined ? undefined : tree.findPath(path);
      return target === undefined ? undefined : resolve(target, depth + 1);
    };
    for (let entry = 0; entry < kind.length; entry += 1) {
      if (kind[entry] !== EntryKind.missingLink) continue;
      const target = resolve(entry, 0);
      if (target === undefined || kind[target] === EntryKind.directory || kind[target] === EntryKind.whiteout)
        continue;
      for (const column of [kind, mode, owner, size, time, dataOffset, checksum])
        column[entry] = column[target]!;
      flags[entry]! |= EntryFlag.hardLink;
      const extras = this.#extras.get(entries[target]!);
      if (extras) this.#extras.set(entries[entry]!, extras);
      const chunks = this.#chunks.get(entries[target]!);
      if (chunks) this.#chunks.set(entries[entry]!, chunks);
    }
  }

  #chunkColumns(entries: Uint32Array): ChunkColumns {
    const all = Array.from(entries, (old) => this.#chunks.get(old) ?? []);
    const chunks = all.flat();
    const chunkStart = new Uint32Array(entries.length + 1);
    all.forEach(({ length }, index) => (chunkStart[index + 1] = chunkStart[index]! + length));
    const chunkDigest = new Uint8Array(chunks.length * 32);
    chunks.forEach(({ digest }, index) => {
      if (digest?.startsWith('sha256:')) chunkDigest.set(Buffer.from(digest.slice(7), 'hex'), index * 32);
    });
    return {
      chunkStart,
      chunkCompressed: Float64Array.from(chunks, ({ compressedOffset }) => compressedOffset),
      chunkCompressedEnd: Float64Array.from(chunks, ({ compressedEnd }) => compressedEnd),
      chunkInner: Float64Array.from(chunks, ({ innerOffset }) => innerOffset),
      chunkOffset: Float64Array.from(chunks, ({ offset }) => offset),
      chunkSize: Float64Array.from(chunks, ({ sizeInBytes }) => sizeInBytes),
      chunkDigest,
    };
  }
}

interface Layout {
  readonly entries: Uint32Array;
  readonly firstChild: Uint32Array;
}

/** What is assumed of a directory that is only mentioned, as Docker makes it. */
const ROOT = {
  mode: 0o755,
  userId: 0,
  groupId: 0,
  userName: '',
  groupName: '',
  sizeInBytes: 0,
  modifiedAtSeconds: 0,
  dataOffset: 0,
  linkPath: '',
};

const EMPTY_META: LayerMeta = {
  version: LAYER_INDEX_VERSION,
  digest: 'sha256:',
  compression: 'tar',
  owners: [],
  extras: [],
  uncompressedSizeInBytes: 0,
};

function isSameOwner(a: Owner, b: Owner): boolean {
  return (
    a.userId === b.userId &&
    a.groupId === b.groupId &&
    a.userName === b.userName &&
    a.groupName === b.groupName
  );
}

/** Without `.`, `..` and slashes that say nothing; undefined where it leads out of the root. */
export function normalisePath(path: string): string | undefined {
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** The values in another order; the column is empty afterwards. */
function take<ArrayType extends SectionArray>(
  column: Column<SectionArray>,
  into: ArrayType,
  entries: Uint32Array,
): ArrayType {
  const values = column.values();
  for (let i = 0; i < entries.length; i += 1) into[i] = values[entries[i]!]!;
  column.free();
  return into;
}

/** Half as wide where every value fits. */
function numbersLike(column: Column<Float64Array>, length: number): NumberArray {
  return fitIn32Bits(column.values()) ? new Uint32Array(length) : new Float64Array(length);
}

function takeText(
  texts: Column<Uint8Array>,
  ends: Column<Uint32Array>,
  entries: Uint32Array,
): [Uint8Array, Uint32Array] {
  const [bytes, end] = [texts.values(), ends.values()];
  const starts = new Uint32Array(entries.length + 1);
  const taken = new Uint8Array(bytes.length);
  let at = 0;
  for (let i = 0; i < entries.length; i += 1) {
    const old = entries[i]!;
    // Byte by byte: a view of every name would cost more than the name.
    for (let from = old === 0 ? 0 : end[old - 1]!; from < end[old]!; from += 1) taken[at++] = bytes[from]!;
    starts[i + 1] = at;
  }
  texts.free();
  ends.free();
  return [taken.subarray(0, at), starts];
}

function pointColumns(access: ReadAccess): Partial<LayerArrays> {
  if (access.kind !== 'gzip' && access.kind !== 'zstd') return {};
  const points = access.kind === 'gzip' ? access.points : access.frames;
  const windows = access.kind === 'gzip' ? access.points.map(({ window }) => window) : [];
  const windowStart = new Uint32Array(windows.length + 1);
  windows.forEach(({ length }, i) => (windowStart[i + 1] = windowStart[i]! + length));
  return {
    pointCompressed: Float64Array.from(points, ({ compressedOffset }) => compressedOffset),
    pointUncompressed: Float64Array.from(points, ({ uncompressedOffset }) => uncompressedOffset),
    pointKind: Uint8Array.from(access.kind === 'gzip' ? access.points : [], ({ kind }) => kind),
    windows: new Uint8Array(Buffer.concat(windows)),
    windowStart,
  };
}
