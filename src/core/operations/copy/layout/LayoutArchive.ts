/**
 * Writes images into one tar archive: an OCI image layout, and for `docker load` of any age a `manifest.json` that points
 * into it. The file has its name only once it is whole.
 */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import { pack } from 'tar-stream';
import { CoreError } from '../../../common/CoreError.ts';
import { isDigest } from '../../../oci/digest.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { Manifest } from '../../../oci/manifest.ts';
import type { BlobContent } from '../../../registry/RegistryClient.ts';
import type { ResolvedTag } from '../../resolveTag.ts';
import type { ImageSink, PutBlobOptions, PutBlobResult } from '../ImageStore.ts';
import { DOCKER_MANIFEST_FILE } from './DockerArchiveImages.ts';
import { blobPath, formatLayoutIndex, INDEX_FILE, LAYOUT_CONTENT, LAYOUT_FILE } from './layoutIndex.ts';
import type { LayoutEntry } from './layoutIndex.ts';

/** Archives of the same image are the same file. */
const EPOCH = new Date(0);

export class LayoutArchive implements ImageSink, AsyncDisposable {
  readonly parallelBlobs = 1;
  readonly #file: string;
  readonly #temporary: string;
  readonly #dockerName: string | undefined;
  readonly #pack = pack();
  readonly #written: Promise<void>;
  readonly #there = new Set<Digest>();
  readonly #entries: LayoutEntry[] = [];
  readonly #images: Manifest[] = [];
  readonly #oneAtATime = pLimit(1);
  #isFinished = false;

  /** @param dockerName `host/repository` that docker gives the image; absent: no `manifest.json`. */
  constructor(file: string, dockerName?: string) {
    this.#file = file;
    this.#temporary = `${file}.part`;
    this.#dockerName = dockerName;
    this.#written = pipeline(this.#pack, createWriteStream(this.#temporary));
    // Whoever finishes the archive meets it.
    this.#written.catch(() => undefined);
  }

  getManifest(reference: string): Promise<Manifest> {
    return Promise.reject(new CoreError('notFound', 'an archive is only written', { subject: reference }));
  }

  hasManifest(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#there.has(digest));
  }

  putBlob(content: BlobContent, { signal, onProgress }: PutBlobOptions): Promise<PutBlobResult> {
    return this.#oneAtATime(async () => {
      if (this.#there.has(content.digest)) return 'present';
      const source = await content.open(0, signal);
      let sent = 0;
      source.on('data', (chunk: Buffer) => onProgress?.((sent += chunk.length)));
      const name = blobPath(content.digest);
      await pipeline(source, this.#pack.entry({ name, size: content.sizeInBytes, mtime: EPOCH }), { signal });
      this.#there.add(content.digest);
      return 'uploaded';
    });
  }

  async putManifest(reference: string, manifest: Manifest): Promise<void> {
    await this.#oneAtATime(() => {
      if (!this.#there.has(manifest.digest)) this.#add(blobPath(manifest.digest), manifest.bytes);
      this.#there.add(manifest.digest);
      if (isDigest(reference) && !manifest.subject) return;
      const tag = isDigest(reference) ? undefined : reference;
      this.#entries.push({ manifest, tag });
      if (tag !== undefined && manifest.kind === 'manifest') this.#images.push(manifest);
    });
  }

  resolve(): Promise<ResolvedTag | undefined> {
    return Promise.resolve(undefined);
  }

  /** Writes what names the images, and gives the file its name. @throws what went wrong with the disk. */
  async finish(): Promise<void> {
    if (this.#dockerName !== undefined)
      this.#add(DOCKER_MANIFEST_FILE, this.#dockerManifest(this.#dockerName));
    this.#add(INDEX_FILE, formatLayoutIndex(this.#entries));
    this.#add(LAYOUT_FILE, LAYOUT_CONTENT);
    this.#pack.finalize();
    await this.#written;
    await rename(this.#temporary, this.#file);
    this.#isFinished = true;
  }

  /** Leaves no part of an archive behind (row 54). */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isFinished) return;
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }

  #add(name: string, content: string | Uint8Array): void {
    this.#pack.entry({ name, mtime: EPOCH }, typeof content === 'string' ? content : Buffer.from(content));
  }

  #dockerManifest(name: string): string {
    return JSON.stringify(
      this.#images.flatMap((manifest) => {
        if (manifest.kind !== 'manifest') return [];
        const tags = this.#entries.flatMap(({ manifest: { digest }, tag }) =>
          digest === manifest.digest && tag !== undefined ? [`${name}:${tag}`] : [],
        );
        return [
          {
            Config: blobPath(manifest.config.digest),
            RepoTags: tags,
            Layers: manifest.layers.map(({ digest }) => blobPath(digest)),
          },
        ];
      }),
    );
  }
}
