/** Writes images into an OCI image layout folder. Others may read it meanwhile: `index.json` comes last. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { isDigest } from '../../../oci/digest.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { Manifest } from '../../../oci/manifest.ts';
import type { BlobContent } from '../../../registry/RegistryClient.ts';
import type { ResolvedTag } from '../../resolveTag.ts';
import type { ImageSink, PutBlobOptions, PutBlobResult } from '../ImageStore.ts';
import { FolderFiles } from './LayoutFiles.ts';
import { LayoutImages } from './LayoutImages.ts';
import { blobPath, formatLayoutIndex, INDEX_FILE, LAYOUT_CONTENT, LAYOUT_FILE } from './layoutIndex.ts';
import type { LayoutEntry } from './layoutIndex.ts';

export class LayoutFolder implements ImageSink, AsyncDisposable {
  readonly parallelBlobs = 6;
  readonly #folder: string;
  readonly #files: FolderFiles;
  readonly #entries: LayoutEntry[] = [];
  readonly #written = new Set<Digest>();
  readonly #oneAtATime = pLimit(1);
  /** What the folder listed before. */
  #others: Promise<readonly Descriptor[]> | undefined;

  /** @param folder made when first written to; what is in it already stays. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new FolderFiles(folder);
  }

  async getManifest(reference: string): Promise<Manifest> {
    return (await LayoutImages.open(this.#files)).getManifest(reference);
  }

  /** What an earlier export left may lack parts. */
  hasManifest(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#written.has(digest));
  }

  async putBlob(content: BlobContent, { signal, onProgress }: PutBlobOptions): Promise<PutBlobResult> {
    const path = blobPath(content.digest);
    if ((await this.#files.size(path)) === content.sizeInBytes) return 'present';
    const file = join(this.#folder, path);
    const temporary = `${file}.part`;
    await mkdir(dirname(file), { recursive: true });
    try {
      let sent = 0;
      const source = await content.open(0, signal);
      source.on('data', (chunk: Buffer) => onProgress?.((sent += chunk.length)));
      await pipeline(source, createWriteStream(temporary), { signal });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return 'uploaded';
  }

  async putManifest(reference: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    const file = join(this.#folder, blobPath(manifest.digest));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, manifest.bytes, { signal });
    this.#written.add(manifest.digest);
    // Under its digest alone it is part of something else, unless it says what it belongs to.
    if (isDigest(reference) && !manifest.subject) return;
    await this.#oneAtATime(async () => {
      this.#others ??= LayoutImages.open(this.#files).then(
        ({ entries }) => entries,
        () => [],
      );
      this.#entries.push({ manifest, tag: isDigest(reference) ? undefined : reference });
      await writeFile(join(this.#folder, LAYOUT_FILE), LAYOUT_CONTENT);
      const temporary = join(this.#folder, `${INDEX_FILE}.part`);
      await writeFile(temporary, formatLayoutIndex(this.#entries, await this.#others));
      await rename(temporary, join(this.#folder, INDEX_FILE));
    });
  }

  resolve(): Promise<ResolvedTag | undefined> {
    return Promise.resolve(undefined);
  }

  /** Everything is in place already: like LayoutArchive, which has to say so. */
  finish(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#oneAtATime(() => undefined);
  }
}
