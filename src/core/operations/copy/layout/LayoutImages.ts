/** The images of an OCI image layout, in a folder or a tar archive. Source: OCI image-spec image-layout.md. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CoreError, isCoreError } from '../../../common/CoreError.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { digestAlgorithm, digestOf, isDigest } from '../../../oci/digest.ts';
import type { Digest } from '../../../oci/digest.ts';
import type { IndexManifest, Manifest } from '../../../oci/manifest.ts';
import { MediaType } from '../../../oci/mediaType.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../../../oci/parseManifest.ts';
import type { ResolvedTag } from '../../resolveTag.ts';
import type { ImageSource } from '../ImageStore.ts';
import type { LayoutFiles } from './LayoutFiles.ts';
import { blobPath, INDEX_FILE, tagOf } from './layoutIndex.ts';

export class LayoutImages implements ImageSource {
  readonly #files: LayoutFiles;
  readonly #index: IndexManifest;

  private constructor(files: LayoutFiles, index: IndexManifest) {
    this.#files = files;
    this.#index = index;
  }

  /** @throws CoreError `notFound` with reason `layoutFile` for what is no layout; `protocol` for one that is broken. */
  static async open(files: LayoutFiles): Promise<LayoutImages> {
    const bytes = await files.read(INDEX_FILE, MAX_MANIFEST_BYTES);
    return new LayoutImages(
      files,
      parseManifest(bytes, MediaType.ociIndex, digestOf(bytes)) as IndexManifest,
    );
  }

  /** As `index.json` lists them. */
  get entries(): readonly Descriptor[] {
    return this.#index.manifests;
  }

  /** Every named image, and those without a name that belong to no other. */
  async images(): Promise<{ readonly reference: string; readonly tag: string | undefined }[]> {
    const found = await Promise.all(
      this.#index.manifests.map(async (entry) => {
        const tag = tagOf(entry);
        if (tag !== undefined) return [{ reference: entry.digest, tag }];
        const manifest = await this.getManifest(entry.digest);
        return manifest.subject ? [] : [{ reference: entry.digest, tag: undefined }];
      }),
    );
    return found.flat();
  }

  async getManifest(reference: string): Promise<Manifest> {
    const digest = isDigest(reference) ? reference : (await this.resolve(reference))?.digest;
    if (digest === undefined) {
      throw new CoreError('notFound', `no ${reference} in the layout`, {
        subject: reference,
        reason: 'layoutFile',
      });
    }
    const bytes = await this.#files.read(blobPath(digest), MAX_MANIFEST_BYTES);
    if (digestOf(bytes, digestAlgorithm(digest)) !== digest) throw damaged(digest);
    const named = this.#index.manifests.find((entry) => entry.digest === digest)?.mediaType;
    return parseManifest(bytes, named, digest);
  }

  async openBlob({ digest }: Descriptor, offset: number): Promise<Readable> {
    const content = await this.#files.open(blobPath(digest), offset);
    return offset === 0 ? Readable.from(verified(content, digest), { objectMode: false }) : content;
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return (await this.#files.size(blobPath(digest))) !== undefined;
  }

  async listReferrers(subject: Digest): Promise<readonly Descriptor[]> {
    const entries = await Promise.all(
      this.#index.manifests.map(async (entry) => {
        try {
          return (await this.getManifest(entry.digest)).subject?.digest === subject ? [entry] : [];
        } catch (error) {
          // A layout may leave things out.
          if (isCoreError(error, 'notFound')) return [];
          throw error;
        }
      }),
    );
    return entries.flat();
  }

  resolve(tag: string): Promise<ResolvedTag | undefined> {
    const entry = this.#index.manifests.find((each) => tagOf(each) === tag);
    return Promise.resolve(entry && { digest: entry.digest, mediaType: entry.mediaType });
  }
}

/** The chunks, and an error instead of the last one when they are not what the digest says. */
export async function* verified(content: AsyncIterable<Buffer>, digest: Digest): AsyncGenerator<Buffer> {
  const hash = createHash(digestAlgorithm(digest));
  // A registry that gets the last bytes of something else answers at once, and its refusal would be told instead of ours.
  let last: Buffer | undefined;
  for await (const chunk of content) {
    if (last) yield last;
    hash.update(chunk);
    last = chunk;
  }
  if (`${digestAlgorithm(digest)}:${hash.digest('hex')}` !== digest) throw damaged(digest);
  if (last) yield last;
}

function damaged(digest: Digest): CoreError {
  return new CoreError('digestMismatch', `${digest} in the layout has other content`, {
    subject: digest,
    reason: 'content',
  });
}
