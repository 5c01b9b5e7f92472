/** An index as it lies on the disk: zstd, fast both ways. */
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';

/** No index is larger; a file that claims to be is damaged. */
const MAX_INDEX_BYTES = 1024 ** 3;

/** Every chunk is a trip to another thread and back. */
const CHUNK_SIZE = 4 * 1024 * 1024;

const decompress = promisify(zstdDecompress);

export function compressIndex(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** Rejects for what is no zstd. */
export async function decompressIndex(bytes: Uint8Array): Promise<Uint8Array> {
  return decompress(bytes, { maxOutputLength: MAX_INDEX_BYTES, chunkSize: CHUNK_SIZE });
}
