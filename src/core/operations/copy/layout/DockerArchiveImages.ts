/**
 * The images of a `docker save` archive of before Docker 25: a config and uncompressed layers, with no manifest. One is
 * made for them; layers are compressed while they are read, the same bytes each time. Source: Docker image-spec v1.2,
 * "Combined Image JSON + Filesystem Changeset Format".
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import * as v from 'valibot';
import { CoreError } from '../../../common/CoreError.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { digestOf } from '../../../oci/digest.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { Manifest } from '../../../oci/manifest.ts';
import { MediaType } from '../../../oci/mediaType.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../../../oci/parseManifest.ts';
import { throwIfCancelled } from '../../../registry/transport/cancellation.ts';
import type { ResolvedTag } from '../../resolveTag.ts';
import type { ImageSource } from '../ImageStore.ts';
import type { LayoutFiles } from './LayoutFiles.ts';
import { verified } from './LayoutImages.ts';

export const DOCKER_MANIFEST_FILE = 'manifest.json';

const archiveSchema = v.array(
  v.object({
    Config: v.string(),
    RepoTags: v.nullish(v.array(v.string())),
    Layers: v.nullish(v.array(v.string())),
  }),
);

type ArchiveImage = v.InferOutput<typeof archiveSchema>[number];

/** Where a blob's bytes are. */
interface Stored {
  readonly path: string;
  readonly isCompressedHere: boolean;
}

export class DockerArchiveImages implements ImageSource {
  readonly #files: LayoutFiles;
  readonly #images: readonly ArchiveImage[];
  readonly #blobs = new Map<Digest, Stored>();
  readonly #manifests = new Map<string, Promise<Manifest>>();

  private constructor(files: LayoutFiles, images: readonly ArchiveImage[]) {
    this.#files = files;
    this.#images = images;
  }

  /** @throws CoreError `notFound` with reason `layoutFile` for another kind of archive; `protocol` for a broken one. */
  static async open(files: LayoutFiles): Promise<DockerArchiveImages> {
    const text = new TextDecoder().decode(await files.read(DOCKER_MANIFEST_FILE, MAX_MANIFEST_BYTES));
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw new CoreError('protocol', 'manifest.json is not JSON', { reason: 'notJson' }, cause);
    }
    const parsed = v.safeParse(archiveSchema, json);
    if (!parsed.success) throw new CoreError('protocol', 'not a docker archive', { reason: 'badReply' });
    return new DockerArchiveImages(files, parsed.output);
  }

  images(): Promise<{ readonly reference: string; readonly tag: string | undefined }[]> {
    const images = this.#images.flatMap(({ Config, RepoTags }) => {
      const tags: (string | undefined)[] = RepoTags?.length
        ? RepoTags.map((name) => name.slice(name.lastIndexOf(':') + 1))
        : [undefined];
      return tags.map((tag) => ({ reference: Config, tag }));
    });
    return Promise.resolve(images);
  }

  /** @param reference what `images` said, or the digest of a manifest made before. */
  async getManifest(reference: string, signal: AbortSignal): Promise<Manifest> {
    for (const making of this.#manifests.values()) {
      const made = await making.catch(() => undefined);
      if (made?.digest === reference) return made;
    }
    const image = this.#images.find(({ Config }) => Config === reference);
    if (!image) {
      // Another process asks for a digest: all are made to find it.
      for (const { Config } of this.#images) {
        const made = await this.getManifest(Config, signal);
        if (made.digest === reference) return made;
      }
      throw new CoreError('notFound', `no ${reference} in the archive`, {
        subject: reference,
        reason: 'layoutFile',
      });
    }
    let manifest = this.#manifests.get(reference);
    if (!manifest) this.#manifests.set(reference, (manifest = this.#make(image, signal)));
    return manifest;
  }

  async openBlob({ digest }: Descriptor, offset: number): Promise<Readable> {
    const stored = this.#blobs.get(digest);
    if (!stored) throw new CoreError('notFound', 'no such blob', { subject: digest, reason: 'layoutFile' });
    const content = await this.#content(stored);
    const chunks = offset === 0 ? verified(content, digest) : from(content, offset);
    return Readable.from(chunks, { objectMode: false });
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#blobs.has(digest));
  }

  listReferrers(): Promise<readonly Descriptor[]> {
    return Promise.resolve([]);
  }

  resolve(): Promise<ResolvedTag | undefined> {
    return Promise.resolve(undefined);
  }

  async #make({ Config, Layers }: ArchiveImage, signal: AbortSignal): Promise<Manifest> {
    const config = await this.#describe(Config, MediaType.dockerConfig, false, signal);
    const layers: Descriptor[] = [];
    for (const path of Layers ?? []) {
      const start = await this.#files.open(path, 0);
      const isCompressedHere = !(await beginsWithGzip(start));
      layers.push(await this.#describe(path, MediaType.dockerLayerGzip, isCompressedHere, signal));
    }
    const toJson = ({ mediaType, digest, sizeInBytes }: Descriptor) => ({
      mediaType,
      size: sizeInBytes,
      digest,
    });
    const bytes = new TextEncoder().encode(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.dockerManifest,
        config: toJson(config),
        layers: layers.map(toJson),
      }),
    );
    return parseManifest(bytes, MediaType.dockerManifest, digestOf(bytes));
  }

  async #describe(
    path: string,
    mediaType: string,
    isCompressedHere: boolean,
    signal: AbortSignal,
  ): Promise<Descriptor> {
    const stored = { path, isCompressedHere };
    const hash = createHash('sha256');
    let sizeInBytes = 0;
    for await (const chunk of await this.#content(stored)) {
      throwIfCancelled(signal);
      hash.update(chunk);
      sizeInBytes += chunk.length;
    }
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    this.#blobs.set(digest, stored);
    return { mediaType, digest, sizeInBytes };
  }

  async #content({ path, isCompressedHere }: Stored): Promise<AsyncIterable<Buffer>> {
    const file = await this.#files.open(path, 0);
    if (!isCompressedHere) return file as AsyncIterable<Buffer>;
    const compressed = file.pipe(createGzip());
    file.once('error', (error) => compressed.destroy(error));
    return compressed as AsyncIterable<Buffer>;
  }
}

async function beginsWithGzip(content: Readable): Promise<boolean> {
  for await (const chunk of content as AsyncIterable<Buffer>) return chunk[0] === 0x1f && chunk[1] === 0x8b;
  return false;
}

async function* from(content: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let skip = offset;
  for await (const chunk of content) {
    const fresh = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - fresh.length;
    if (fresh.length > 0) yield fresh;
  }
}
