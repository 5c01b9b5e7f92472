/** An index as it lies on the disk: its length, then zstd with a checksum, fast both ways. */
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib';

/** No index is larger; a file that claims to be is damaged. */
const MAX_INDEX_BYTES = 1024 ** 3;
const LENGTH_BYTES = 8;
/** zlib's, for a chunk. */
const MIN_CHUNK_SIZE = 64;

const decompress = promisify(zstdDecompress);

/** @param parts one behind the other; they are never held as one, which would be as much memory again */
export async function compressIndex(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = constants;
  const compressor = createZstdCompress({ params: { [level]: 1, [checksum]: 1 } });
  const compressed = await buffer(Readable.from(parts).pipe(compressor));
  const stored = new Uint8Array(LENGTH_BYTES + compressed.length);
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  new DataView(stored.buffer).setFloat64(0, length, true);
  stored.set(compressed, LENGTH_BYTES);
  return stored;
}

/** Rejects for what is not whole. */
export async function decompressIndex(stored: Uint8Array): Promise<Uint8Array> {
  const length = new DataView(stored.buffer, stored.byteOffset).getFloat64(0, true);
  if (!(length >= 0 && length <= MAX_INDEX_BYTES)) throw new Error('no length of an index');
  // One chunk for all of it: no copy at the end, and this thread is asked for nothing meanwhile.
  const bytes = await decompress(stored.subarray(LENGTH_BYTES), {
    maxOutputLength: Math.max(1, length),
    chunkSize: length + MIN_CHUNK_SIZE,
  });
  if (bytes.length !== length) throw new Error('an index of another length');
  return bytes;
}
