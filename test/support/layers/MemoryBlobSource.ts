/** Blobs in memory that count what is read of them. */
import { Readable } from 'node:stream';
import type { BlobSource, BlobSpan } from '../../../src/core/image/BlobSource.ts';
import type { Descriptor } from '../../../src/core/oci/descriptor.ts';
import { descriptorOf } from '../sampleImage.ts';

export class MemoryBlobSource implements BlobSource {
  readonly #blobs = new Map<string, Buffer>();
  readonly #givesRanges: boolean;
  readonly requests: (BlobSpan | 'whole')[] = [];
  /** Bytes that were taken out of the streams. */
  bytesRead = 0;
  honoursRanges = true;
  /** Bytes a stream gives at a time. */
  chunkSize = 64 * 1024;

  constructor(givesRanges = true) {
    this.#givesRanges = givesRanges;
  }

  add(bytes: Uint8Array, mediaType?: string, annotations?: Record<string, string>): Descriptor {
    const descriptor = { ...descriptorOf(bytes, mediaType), ...(annotations && { annotations }) };
    this.#blobs.set(descriptor.digest, Buffer.from(bytes));
    return descriptor;
  }

  /** Gives other bytes than the digest promises. */
  corrupt(descriptor: Descriptor, change: (bytes: Buffer) => Buffer): void {
    this.#blobs.set(descriptor.digest, change(Buffer.from(this.#blobs.get(descriptor.digest)!)));
  }

  async open(descriptor: Descriptor, signal: AbortSignal, span?: BlobSpan): Promise<Readable> {
    const bytes = this.#blobs.get(descriptor.digest)!;
    this.requests.push(span ?? 'whole');
    if (span && !this.#givesRanges) this.honoursRanges = false;
    const { offset, length } = span ?? { offset: 0, length: bytes.length };
    return Readable.from(this.#chunks(bytes.subarray(offset, offset + length), signal), {
      objectMode: false,
    });
  }

  async *#chunks(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += this.chunkSize) {
      signal.throwIfAborted();
      const chunk = bytes.subarray(at, at + this.chunkSize);
      this.bytesRead += chunk.length;
      yield chunk;
    }
  }
}
