/** A repository of a registry as source and destination of copies. */
import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import type { BlobContent, RegistryClient } from '../../registry/RegistryClient.ts';
import type { Passage } from '../../registry/transport/ConnectionLimiter.ts';
import { putManifestBack } from '../putManifestBack.ts';
import { resolveTag } from '../resolveTag.ts';
import type { ResolvedTag } from '../resolveTag.ts';
import type {
  ImageSink,
  ImageSource,
  PutBlobOptions,
  PutBlobResult,
  RepositoryLocation,
} from './ImageStore.ts';

/** As many requests as one host gets at a time. */
const PARALLEL_BLOBS = 6;

export class RegistryImages implements ImageSource, ImageSink {
  readonly location: RepositoryLocation;
  readonly parallelBlobs = PARALLEL_BLOBS;
  readonly #client: RegistryClient;
  readonly #repository: string;
  readonly #retryDelayMs: number | undefined;

  /** @param repository relative to the client's connection. */
  constructor(client: RegistryClient, repository: string, retryDelayMs?: number) {
    this.#client = client;
    this.#repository = repository;
    this.#retryDelayMs = retryDelayMs;
    const { scheme, host } = client.endpoint;
    // As requests have it: without a port that goes without saying.
    this.location = { host: new URL(`${scheme}://${host}`).host, name: client.fullNameOf(repository) };
  }

  getManifest(reference: string, signal: AbortSignal): Promise<Manifest> {
    return this.#client.getManifest(this.#repository, reference, signal);
  }

  async openBlob(
    descriptor: Descriptor,
    offset: number,
    signal: AbortSignal,
    passage?: Passage,
  ): Promise<Readable> {
    const range = offset === 0 ? undefined : { offset, length: descriptor.sizeInBytes - offset };
    return this.#client.openBlob(this.#repository, descriptor, signal, range, passage);
  }

  async hasBlob(digest: Digest, signal: AbortSignal): Promise<boolean> {
    return (await this.#client.headBlob(this.#repository, digest, signal)) !== undefined;
  }

  async listReferrers(digest: Digest, signal: AbortSignal): Promise<readonly Descriptor[]> {
    return (await this.#client.listReferrers(this.#repository, digest, signal)).referrers;
  }

  resolve(tag: string, signal: AbortSignal): Promise<ResolvedTag | undefined> {
    return resolveTag(this.#client, this.#repository, tag, signal);
  }

  async hasManifest(digest: Digest, signal: AbortSignal): Promise<boolean> {
    return (await this.#client.headManifest(this.#repository, digest, signal)) !== undefined;
  }

  async putBlob(
    content: BlobContent,
    { signal, mountFrom, onProgress }: PutBlobOptions,
  ): Promise<PutBlobResult> {
    // Where it can be mounted that is asked at once: for what is there already the answer is the same.
    if (mountFrom === undefined && (await this.hasBlob(content.digest, signal))) return 'present';
    return this.#client.transferBlob(this.#repository, content, {
      signal,
      ...(mountFrom !== undefined && { mountFrom }),
      ...(onProgress && { onProgress }),
      ...(this.#retryDelayMs !== undefined && { retryDelayMs: this.#retryDelayMs }),
    });
  }

  putManifest(reference: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    return putManifestBack(this.#client, this.#repository, reference, manifest, signal);
  }
}
