/**
 * Carries images from a source to a sink: blobs before the manifest that lists them, children before their index,
 * attachments before the tag. What several images share goes over once. Nothing here names anything: see `copyTags`.
 */
import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { CopyMeter } from './CopyMeter.ts';
import type { Attachment, GraphNode } from './ImageGraph.ts';
import { isSameRepository } from './ImageStore.ts';
import type { ImageSink, ImageSource } from './ImageStore.ts';
import type { KnownBlobs } from './KnownBlobs.ts';

export interface CopierOptions {
  readonly source: ImageSource;
  readonly sink: ImageSink;
  readonly meter: CopyMeter;
  readonly knownBlobs: KnownBlobs;
  readonly signal: AbortSignal;
}

export class ImageCopier {
  readonly #options: CopierOptions;
  readonly #isSame: boolean;
  readonly #limit: LimitFunction;
  readonly #blobs = new Map<Digest, Promise<void>>();
  readonly #manifests = new Map<Digest, Promise<void>>();

  constructor(options: CopierOptions) {
    const { source, sink } = options;
    this.#options = options;
    this.#isSame = isSameRepository(source.location, sink.location);
    // On one host downloads and uploads share what the host gets.
    const isOneHost = source.location !== undefined && source.location.host === sink.location?.host;
    this.#limit = pLimit(isOneHost ? Math.max(1, Math.floor(sink.parallelBlobs / 2)) : sink.parallelBlobs);
  }

  /** The manifest by its digest, with all below it. */
  put(node: GraphNode): Promise<void> {
    const { digest } = node.manifest;
    let put = this.#manifests.get(digest);
    if (!put) this.#manifests.set(digest, (put = this.#put(node)));
    return put;
  }

  /** All that must be there before the manifest itself may come. */
  async prepare(node: GraphNode): Promise<void> {
    const { sink, meter, signal } = this.#options;
    if (this.#isSame && node.children.length === 0) {
      for (const { digest } of node.blobs) meter.finished(digest);
      return;
    }
    if (await sink.hasManifest(node.manifest.digest, signal)) {
      this.#skip(node);
      return;
    }
    await this.#putParts(node);
  }

  /** A referrer under its digest; what cosign hangs on a tag under that tag, unless something else is there. */
  async attach({ node, tag }: Attachment): Promise<boolean> {
    const { sink, signal } = this.#options;
    if (tag === undefined) {
      await this.put(node);
      return true;
    }
    const there = await sink.resolve(tag, signal);
    if (there?.digest === node.manifest.digest) {
      this.#skip(node);
      return true;
    }
    // Signatures the destination has of its own are not to be lost.
    if (there) return false;
    await this.prepare(node);
    await sink.putManifest(tag, node.manifest, signal);
    return true;
  }

  /** Resolves when nothing is under way any more, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#blobs.values(), ...this.#manifests.values()]);
  }

  async #put(node: GraphNode): Promise<void> {
    const { sink, signal } = this.#options;
    const { digest } = node.manifest;
    if (await sink.hasManifest(digest, signal)) {
      this.#skip(node);
      return;
    }
    await this.#putParts(node);
    await sink.putManifest(digest, node.manifest, signal);
  }

  async #putParts({ children, blobs }: GraphNode): Promise<void> {
    await Promise.all([
      ...children.map((child) => this.put(child)),
      ...blobs.map((blob) => this.#putBlob(blob)),
    ]);
  }

  #skip(node: GraphNode): void {
    for (const { digest } of node.blobs) this.#options.meter.finished(digest);
    for (const child of node.children) this.#skip(child);
  }

  #putBlob(blob: Descriptor): Promise<void> {
    let put = this.#blobs.get(blob.digest);
    if (!put) this.#blobs.set(blob.digest, (put = this.#limit(() => this.#transfer(blob))));
    return put;
  }

  async #transfer(blob: Descriptor): Promise<void> {
    const { source, sink, meter, knownBlobs, signal } = this.#options;
    const { digest, sizeInBytes } = blob;
    const mountFrom = this.#mountFrom(digest);
    await sink.putBlob(
      {
        digest,
        sizeInBytes,
        ...(source.location && { host: source.location.host }),
        open: (offset, opening, passage) => source.openBlob(blob, offset, opening, passage),
      },
      {
        signal,
        ...(mountFrom !== undefined && { mountFrom }),
        onProgress: (sentInBytes) => meter.sent(digest, sentInBytes),
      },
    );
    if (sink.location) knownBlobs.note(sink.location, digest);
    meter.finished(digest);
  }

  #mountFrom(digest: Digest): string | undefined {
    const { source, sink, knownBlobs } = this.#options;
    if (!sink.location) return undefined;
    if (source.location?.host === sink.location.host) {
      return this.#isSame ? undefined : source.location.name;
    }
    return knownBlobs.holderFor(sink.location, digest);
  }
}
