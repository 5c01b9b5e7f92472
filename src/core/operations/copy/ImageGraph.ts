/** All that belongs to an image, read before the first byte of it is copied: manifests, blobs, and what is attached to them. */
import pLimit from 'p-limit';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { throwIfCancelled } from '../../registry/transport/cancellation.ts';
import type { ImageSource } from './ImageStore.ts';

export interface GraphNode {
  readonly manifest: Manifest;
  /** Manifests an index lists. */
  readonly children: readonly GraphNode[];
  /** Config and layers to copy, biggest first. */
  readonly blobs: readonly Descriptor[];
  /** Layers that are fetched from elsewhere and that the source does not hold: they stay descriptors. */
  readonly foreign: readonly Descriptor[];
}

/** Something that speaks about an image: a referrer, or what hangs on one of cosign's tags. */
export interface Attachment {
  readonly node: GraphNode;
  /** Cosign's tag, `sha256-<hex>.sig`. Absent: a referrer, found by its subject. */
  readonly tag?: string;
}

const MAX_DEPTH = 8;
const CONCURRENCY = 6;
/** Of a source that lists its referrers in a circle or without end. */
const MAX_ATTACHMENTS = 10_000;
const COSIGN_SUFFIXES = ['sig', 'att', 'sbom'];
const FOREIGN = /\.(?:foreign|nondistributable)\./;

export class ImageGraph {
  readonly #source: ImageSource;
  readonly #signal: AbortSignal;
  readonly #limit = pLimit(CONCURRENCY);
  /** What several tags share is read once. */
  readonly #nodes = new Map<Digest, Promise<GraphNode>>();
  readonly #attachments = new Map<Digest, Promise<readonly Attachment[]>>();

  constructor(source: ImageSource, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  /**
   * The manifest with all below it.
   * @throws CoreError `unsupported` with reason `legacyManifest` for schema 1, `tooLarge` with reason `indexDepth` for
   *   indexes nested over 8 deep (rows 45 and 46).
   */
  read(manifest: Manifest, depth = 0): Promise<GraphNode> {
    let node = this.#nodes.get(manifest.digest);
    if (!node) this.#nodes.set(manifest.digest, (node = this.#read(manifest, depth)));
    return node;
  }

  /** Everything attached to a manifest, to those it lists, and to what is attached itself; each once, subjects first. */
  async attachmentsOf(root: GraphNode): Promise<Attachment[]> {
    const found = new Map<string, Attachment>();
    let subjects = flatten(root);
    while (subjects.length > 0) {
      const lists = await Promise.all(subjects.map(({ manifest }) => this.#attachedTo(manifest.digest)));
      const fresh = lists.flat().filter((attachment) => !found.has(keyOf(attachment)));
      for (const attachment of fresh) found.set(keyOf(attachment), attachment);
      if (found.size > MAX_ATTACHMENTS) throw tooLarge(root.manifest.digest, 'referrers');
      subjects = [...new Map(fresh.map(({ node }) => [node.manifest.digest, node])).values()];
    }
    return [...found.values()];
  }

  async #read(manifest: Manifest, depth: number): Promise<GraphNode> {
    if (manifest.kind === 'legacy') {
      throw new CoreError('unsupported', 'schema 1 manifests cannot be copied', {
        subject: `${manifest.name}:${manifest.tag}`,
        reason: 'legacyManifest',
      });
    }
    if (depth > MAX_DEPTH) throw tooLarge(manifest.digest, 'indexDepth');
    if (manifest.kind === 'index') {
      const children = await Promise.all(
        unique(manifest.manifests).map(async ({ digest }) => this.read(await this.#get(digest), depth + 1)),
      );
      return { manifest, children, blobs: [], foreign: [] };
    }
    const all = unique([manifest.config, ...manifest.layers]);
    const isHeld = await Promise.all(all.map((blob) => this.#isToCopy(blob)));
    const blobs = all.filter((_, at) => isHeld[at]).sort((a, b) => b.sizeInBytes - a.sizeInBytes);
    return { manifest, children: [], blobs, foreign: all.filter((_, at) => !isHeld[at]) };
  }

  async #isToCopy(blob: Descriptor): Promise<boolean> {
    return !isForeign(blob) || this.#limit(() => this.#source.hasBlob(blob.digest, this.#signal));
  }

  #get(reference: string): Promise<Manifest> {
    return this.#limit(() => this.#source.getManifest(reference, this.#signal));
  }

  #attachedTo(subject: Digest): Promise<readonly Attachment[]> {
    let attached = this.#attachments.get(subject);
    if (!attached) this.#attachments.set(subject, (attached = this.#readAttached(subject)));
    return attached;
  }

  async #readAttached(subject: Digest): Promise<readonly Attachment[]> {
    const [referrers, tagged] = await Promise.all([
      this.#limit(() => this.#source.listReferrers(subject, this.#signal)).then((list) =>
        Promise.all(unique(list).map(({ digest }) => this.#tryAttachment(digest))),
      ),
      Promise.all(
        COSIGN_SUFFIXES.map(async (suffix) => {
          const tag = `${subject.replace(':', '-')}.${suffix}`;
          const target = await this.#limit(() => this.#source.resolve(tag, this.#signal));
          return target && this.#tryAttachment(target.digest, tag);
        }),
      ),
    ]);
    return [...referrers, ...tagged].filter((attachment) => attachment !== undefined);
  }

  /** Undefined for a referrer that is listed and gone: fallback tags keep what was deleted. */
  async #tryAttachment(digest: Digest, tag?: string): Promise<Attachment | undefined> {
    try {
      const node = await this.read(await this.#get(digest));
      return { node, ...(tag !== undefined && { tag }) };
    } catch (error) {
      throwIfCancelled(this.#signal);
      if (isCoreError(error, 'notFound')) return undefined;
      throw error;
    }
  }
}

/** The node and all below it, each once, what is listed before what lists it. */
export function flatten(root: GraphNode): GraphNode[] {
  const seen = new Map<Digest, GraphNode>();
  const visit = (node: GraphNode): void => {
    if (seen.has(node.manifest.digest)) return;
    for (const child of node.children) visit(child);
    seen.set(node.manifest.digest, node);
  };
  visit(root);
  return [...seen.values()];
}

/** Layers that may not, or need not, be distributed with the image. Source: OCI image-spec layer.md, "Non-Distributable Layers". */
function isForeign({ mediaType, urls }: Descriptor): boolean {
  return FOREIGN.test(mediaType) || (urls !== undefined && urls.length > 0);
}

function keyOf({ node, tag }: Attachment): string {
  return `${node.manifest.digest} ${tag ?? ''}`;
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

function tooLarge(subject: string, reason: string): CoreError {
  return new CoreError('tooLarge', `${subject}: ${reason}`, { subject, reason });
}
