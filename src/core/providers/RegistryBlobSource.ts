/** The layers of one repository, as the file system of an image reads them. */
import type { Readable } from 'node:stream';
import type { BlobSource, BlobSpan } from '../image/BlobSource.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';

export class RegistryBlobSource implements BlobSource {
  readonly #client: Pick<RegistryClient, 'openBlob'>;
  readonly #repository: string;
  #honoursRanges = true;

  constructor(client: Pick<RegistryClient, 'openBlob'>, repository: string) {
    this.#client = client;
    this.#repository = repository;
  }

  get honoursRanges(): boolean {
    return this.#honoursRanges;
  }

  async open(descriptor: Descriptor, signal: AbortSignal, span?: BlobSpan): Promise<Readable> {
    // A whole blob asked for as a part is not hashed on this thread: the worker that reads it does that.
    const whole = descriptor.sizeInBytes > 0 ? { offset: 0, length: descriptor.sizeInBytes } : undefined;
    const body = await this.#client.openBlob(this.#repository, descriptor, signal, span ?? whole);
    if (span && !body.isPartial) this.#honoursRanges = false;
    return body;
  }
}
