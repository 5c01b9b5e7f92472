/** Where the layers of one image are read from: a repository of a registry, or an image that was saved out of an engine. */
import type { Readable } from 'node:stream';
import type { Descriptor } from '../oci/descriptor.ts';

export interface BlobSpan {
  /** First byte. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

export interface BlobSource {
  /**
   * The bytes of a blob, or a part of it whose length is verified. The digest is not: whoever reads a whole blob checks it.
   * Whoever has enough destroys the stream.
   */
  open(descriptor: Descriptor, signal: AbortSignal, span?: BlobSpan): Promise<Readable>;
  /** False once a part was asked for and the whole came, which is then read and skipped up to the part. */
  readonly honoursRanges: boolean;
}
