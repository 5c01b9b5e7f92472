/** Finds the table of contents of a lazy layer (eStargz, zstd:chunked) with one or two small reads. */
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import type { BlobSource } from '../BlobSource.ts';
import type { TableOfContentsRequest } from './parseTableOfContents.ts';
import { readSpan } from './readSpan.ts';

/** A table that was found, and what its index may be kept under: undefined where nothing vouches for it. */
export interface FoundTable {
  readonly request: TableOfContentsRequest;
  readonly key: string | undefined;
}

export interface TableSearch {
  readonly table?: FoundTable;
  /** The last bytes of a layer without a table, read to see that: whoever streams the layer need not fetch them again. */
  readonly tail?: Uint8Array;
}

const STARGZ_DIGEST = 'containerd.io/snapshot/stargz/toc.digest';
/** The first is what skopeo and buildah wrote until 2023. */
const CHUNKED_PREFIXES = ['io.containers.zstd-chunked.', 'io.github.containers.zstd-chunked.'];

const STARGZ_FOOTER_SIZE = 51;
/** Most tables fit, so that the footer and they come in one read. */
const SPECULATIVE_TAIL = 128 * 1024;
const MAX_COMPRESSED_TABLE = 128 * 1024 * 1024;
/** A smaller layer is streamed sooner than asked about. */
const MIN_UNANNOUNCED_SIZE = 1024 * 1024;

/** Under what the index of a layer is looked up before anything is read. */
export function tableKeyOf({ digest, annotations = {} }: Descriptor): string {
  const table = annotations[STARGZ_DIGEST] ?? chunkedAnnotation(annotations, 'manifest-checksum');
  return table !== undefined && isDigest(table) ? `${digest}+${table.slice(table.indexOf(':') + 1)}` : digest;
}

/** No table where there is none, or where the source gives no parts. */
export async function findTableOfContents(
  source: BlobSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<TableSearch> {
  const { annotations = {}, sizeInBytes } = descriptor;
  if (!source.honoursRanges || sizeInBytes === 0) return {};
  const chunked = parseChunkedPosition(chunkedAnnotation(annotations, 'manifest-position'), sizeInBytes);
  if (chunked) return readChunkedTable(source, descriptor, chunked, signal);
  const announced = annotations[STARGZ_DIGEST];
  if (
    announced === undefined &&
    (sizeInBytes < MIN_UNANNOUNCED_SIZE || /zstd|tar$/.test(descriptor.mediaType))
  ) {
    return {};
  }
  const digest = announced !== undefined && isDigest(announced) ? announced : undefined;
  return readStargzTable(source, descriptor, digest, signal);
}

async function readChunkedTable(
  source: BlobSource,
  descriptor: Descriptor,
  position: { readonly offset: number; readonly length: number },
  signal: AbortSignal,
): Promise<TableSearch> {
  const bytes = await readSpan(source, descriptor, position, signal);
  if (!bytes) return {};
  const checksum = chunkedAnnotation(descriptor.annotations ?? {}, 'manifest-checksum');
  const digest = checksum !== undefined && isDigest(checksum) ? checksum : undefined;
  const request = {
    format: 'zstdChunked',
    layer: descriptor.digest,
    bytes,
    ...(digest && { digest }),
    contentEnd: position.offset,
  } as const;
  return { table: { request, key: digest && tableKeyOf(descriptor) } };
}

async function readStargzTable(
  source: BlobSource,
  descriptor: Descriptor,
  digest: Digest | undefined,
  signal: AbortSignal,
): Promise<TableSearch> {
  const { sizeInBytes } = descriptor;
  const length = Math.min(digest ? SPECULATIVE_TAIL : STARGZ_FOOTER_SIZE, sizeInBytes);
  const tailStart = sizeInBytes - length;
  const tail = await readSpan(source, descriptor, { offset: tailStart, length }, signal);
  if (!tail) return {};
  const tableStart = parseStargzFooter(tail.subarray(-STARGZ_FOOTER_SIZE));
  const tableEnd = sizeInBytes - STARGZ_FOOTER_SIZE;
  if (tableStart === undefined || tableStart >= tableEnd || tableEnd - tableStart > MAX_COMPRESSED_TABLE) {
    return { tail };
  }
  const inTail = tail.subarray(Math.max(0, tableStart - tailStart), length - STARGZ_FOOTER_SIZE);
  const missing = Math.min(tailStart, tableEnd) - tableStart;
  const before =
    missing > 0
      ? await readSpan(source, descriptor, { offset: tableStart, length: missing }, signal)
      : new Uint8Array();
  if (!before) return {};
  const request = {
    format: 'estargz',
    layer: descriptor.digest,
    bytes: new Uint8Array(Buffer.concat([before, inTail])),
    ...(digest && { digest }),
    contentEnd: tableStart,
  } as const;
  return { table: { request, key: digest && tableKeyOf(descriptor) } };
}

/**
 * The footer is an empty gzip member whose extra field `SG` holds where the table begins, as 16 hexadecimal digits and
 * `STARGZ`. Source: stargz-snapshotter docs/estargz.md, "Footer".
 */
export function parseStargzFooter(footer: Uint8Array): number | undefined {
  const text = Buffer.from(footer).toString('latin1');
  const match = /^\x1f\x8b\x08\x04.{6}\x1a\x00SG\x16\x00([0-9a-f]{16})STARGZ/s.exec(text);
  const offset = match ? parseInt(match[1]!, 16) : NaN;
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** `offset:length:uncompressed length:type`; the only type is 1. */
function parseChunkedPosition(
  text: string | undefined,
  sizeInBytes: number,
): { offset: number; length: number } | undefined {
  const match = /^(\d{1,16}):(\d{1,16}):\d+:1$/.exec(text ?? '');
  if (!match) return undefined;
  const [offset, length] = [Number(match[1]), Number(match[2])];
  const fits = length > 0 && length <= MAX_COMPRESSED_TABLE && offset + length <= sizeInBytes;
  return fits ? { offset, length } : undefined;
}

function chunkedAnnotation(annotations: Readonly<Record<string, string>>, name: string): string | undefined {
  return CHUNKED_PREFIXES.map((prefix) => annotations[`${prefix}${name}`]).find(
    (value) => value !== undefined,
  );
}
