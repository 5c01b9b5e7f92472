/**
 * The table of contents that a lazy layer carries, as an index: eStargz and zstd:chunked name every file's parts, so that
 * nothing has to be streamed. Sources: stargz-snapshotter docs/estargz.md; containers/storage docs/containers-storage-zstd-chunked.md.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import * as v from 'valibot';
import { isDigest, digestOf, type Digest } from '../../oci/digest.ts';
import { CoreError } from '../../common/CoreError.ts';
import { damagedArchive } from '../archive/damagedArchive.ts';
import type { TarEntry, TarEntryType } from '../archive/TarEntry.ts';
import { MAX_PATH_LENGTH, TarParser } from '../archive/TarParser.ts';
import type { FileChunk, LayerIndex } from './LayerIndex.ts';
import { LayerIndexBuilder } from './LayerIndexBuilder.ts';

export interface TableOfContentsRequest {
  readonly format: 'estargz' | 'zstdChunked';
  readonly layer: Digest;
  /** As it lies in the layer, compressed. */
  readonly bytes: Uint8Array;
  /** Of the JSON (eStargz) or of the compressed bytes (zstd:chunked). */
  readonly digest?: Digest;
  /** Where the content of the layer ends in the blob and the table begins. */
  readonly contentEnd: number;
}

/** A million entries of 400 bytes. */
const MAX_TABLE_BYTES = 512 * 1024 * 1024;
export const STARGZ_INDEX_NAME = 'stargz.index.json';
/** Marks of eStargz itself, which are in no file system. */
const LANDMARKS = new Set(['.prefetch.landmark', '.no.prefetch.landmark', STARGZ_INDEX_NAME]);

const TYPES: Readonly<Record<string, TarEntryType>> = {
  reg: 'file',
  dir: 'directory',
  symlink: 'symbolicLink',
  hardlink: 'hardLink',
  char: 'characterDevice',
  block: 'blockDevice',
  fifo: 'fifo',
};

const count = v.fallback(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
const text = v.fallback(v.string(), '');
const EntrySchema = v.object({
  name: v.string(),
  type: v.string(),
  size: count,
  modtime: text,
  linkName: text,
  mode: count,
  uid: count,
  gid: count,
  userName: text,
  groupName: text,
  devMajor: count,
  devMinor: count,
  xattrs: v.fallback(v.optional(v.record(v.string(), v.string())), undefined),
  offset: count,
  endOffset: count,
  innerOffset: count,
  chunkOffset: count,
  chunkSize: count,
  chunkDigest: text,
  digest: text,
  chunkType: text,
});
type TableEntry = v.InferOutput<typeof EntrySchema>;

/** @throws CoreError `digestMismatch`, `protocol`, `tooLarge`; nothing is half read: the caller streams the layer instead */
export async function parseTableOfContents(request: TableOfContentsRequest): Promise<LayerIndex> {
  const { format, layer, bytes, digest, contentEnd } = request;
  const json =
    format === 'estargz' ? readStargzIndex(bytes) : decompress(() => zstdDecompressSync(bytes, LIMIT));
  const actual = digestOf(format === 'estargz' ? json : bytes);
  if (digest !== undefined && digest !== actual) {
    throw new CoreError('digestMismatch', 'the table of contents does not match its digest', {
      operation: 'read layer',
      reason: 'tableOfContents',
      subject: layer,
    });
  }
  const table = parseTable(json);
  const ends = format === 'estargz' ? endsOf(table, contentEnd) : undefined;
  const builder = new LayerIndexBuilder();
  let size = 0;
  for (let i = 0; i < table.length; i += 1) {
    const entry = table[i]!;
    const type = TYPES[entry.type];
    if (type === undefined || LANDMARKS.has(entry.name)) continue;
    const parts = [entry];
    while (table[i + 1]?.type === 'chunk') parts.push(table[(i += 1)]!);
    const chunks = type === 'file' ? chunksOf(entry, parts, contentEnd, ends) : undefined;
    builder.add(toTarEntry(entry, type), 0, chunks);
    size += entry.size;
  }
  return builder.finish({
    digest: layer,
    access: { kind: 'chunks', compression: format === 'estargz' ? 'gzip' : 'zstd' },
    uncompressedSizeInBytes: size,
  });
}

const LIMIT = { maxOutputLength: MAX_TABLE_BYTES };

/** A gzip member with a tar archive of one file. */
function readStargzIndex(bytes: Uint8Array): Buffer {
  const tar = decompress(() => gunzipSync(bytes, LIMIT));
  const parts: Buffer[] = [];
  let isIndex = false;
  const parser = new TarParser({
    onEntry: ({ path }) => (isIndex = path === STARGZ_INDEX_NAME),
    onContent: (chunk) => isIndex && parts.push(chunk),
    onEntryEnd: () => undefined,
  });
  parser.write(tar);
  return Buffer.concat(parts);
}

function decompress(work: () => Buffer): Buffer {
  try {
    return work();
  } catch (error) {
    throw damagedArchive('tableOfContents', error);
  }
}

function parseTable(json: Buffer): TableEntry[] {
  try {
    const { entries } = v.parse(v.object({ entries: v.array(v.unknown()) }), JSON.parse(json.toString()));
    return entries.map((entry) => v.parse(EntrySchema, entry));
  } catch (error) {
    throw damagedArchive('tableOfContents', error);
  }
}

/** eStargz says only where a part begins: it ends where the next one begins. */
function endsOf(table: readonly TableEntry[], contentEnd: number): Map<number, number> {
  const starts = [...new Set(table.filter(({ offset }) => offset > 0).map(({ offset }) => offset))].sort(
    (a, b) => a - b,
  );
  return new Map(starts.map((start, i) => [start, starts[i + 1] ?? contentEnd]));
}

function chunksOf(
  entry: TableEntry,
  parts: readonly TableEntry[],
  contentEnd: number,
  ends: Map<number, number> | undefined,
): FileChunk[] {
  if (entry.size === 0) return [];
  let position = 0;
  const chunks = parts.map((part): FileChunk => {
    // The last part, and the only one of a file that is not cut up, say no size.
    const sizeInBytes = part.chunkSize || entry.size - part.chunkOffset;
    const compressedEnd = ends ? (ends.get(part.offset) ?? contentEnd) : part.endOffset || entry.endOffset;
    const digest = part.chunkDigest || (parts.length === 1 ? entry.digest : '');
    const isZeros = part.chunkType === 'zeros';
    const fits =
      part.chunkOffset === position &&
      sizeInBytes > 0 &&
      (isZeros || (part.offset < compressedEnd && compressedEnd <= contentEnd));
    if (!fits) throw damagedArchive('tableOfContents');
    position += sizeInBytes;
    return {
      compressedOffset: isZeros ? 0 : part.offset,
      compressedEnd: isZeros ? 0 : compressedEnd,
      innerOffset: part.innerOffset,
      offset: part.chunkOffset,
      sizeInBytes,
      ...(isDigest(digest) && { digest }),
    };
  });
  if (position !== entry.size) throw damagedArchive('tableOfContents');
  return chunks;
}

function toTarEntry(entry: TableEntry, type: TarEntryType): TarEntry {
  if (entry.name.length > MAX_PATH_LENGTH || entry.linkName.length > MAX_PATH_LENGTH) {
    throw damagedArchive('tableOfContents');
  }
  const time = Date.parse(entry.modtime);
  return {
    path: entry.name,
    type,
    mode: entry.mode & 0o7777,
    userId: entry.uid,
    groupId: entry.gid,
    userName: entry.userName,
    groupName: entry.groupName,
    sizeInBytes: type === 'file' ? entry.size : 0,
    modifiedAtSeconds: Number.isNaN(time) ? 0 : time / 1000,
    linkPath: entry.linkName,
    dataOffset: 0,
    storedSizeInBytes: type === 'file' ? entry.size : 0,
    ...(type.endsWith('Device') && { device: { major: entry.devMajor, minor: entry.devMinor } }),
    ...(entry.xattrs && { extendedAttributes: entry.xattrs }),
  };
}
