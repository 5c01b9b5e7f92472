/** A small part of a blob in memory. */
import type { Descriptor } from '../../oci/descriptor.ts';
import type { BlobSource, BlobSpan } from '../BlobSource.ts';

/** Undefined where the source turns out to give only whole blobs: then it is not worth it. */
export async function readSpan(
  source: BlobSource,
  descriptor: Descriptor,
  span: BlobSpan,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const stream = await source.open(descriptor, signal, span);
  if (!source.honoursRanges) {
    stream.destroy();
    return undefined;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks, span.length);
}
