/**
 * Which layers the manifests read lately are made of, so that an image can be recognised as the base of another
 * without asking the registry anything.
 */
import { LRUCache } from 'lru-cache';
import type { Digest } from '../oci/digest.ts';
import { isDigest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';

export interface SeenImage {
  /** Relative to the connection. */
  readonly repository: string;
  /** Of the single image. */
  readonly digest: Digest;
  /** Base first; never empty. */
  readonly layers: readonly Digest[];
  /** A tag seen on it, or on an index that lists it, with what that tag pointed to. */
  readonly tag: { readonly name: string; readonly digest: Digest };
}

/** The visible tags of a dozen repositories with their platforms; some hundred kilobytes. */
const MAX_IMAGES = 2_000;

interface Seen {
  readonly repository: string;
  readonly digest: Digest;
  readonly layers: readonly Digest[];
}

export class SeenManifests {
  readonly #images = new LRUCache<string, Seen>({ max: MAX_IMAGES });
  /** The tag last seen on a manifest. */
  readonly #tags = new LRUCache<string, string>({ max: MAX_IMAGES });
  /** The index that lists a manifest. */
  readonly #parents = new LRUCache<string, Digest>({ max: MAX_IMAGES });

  /** @param reference tag or digest that was asked for. */
  record(repository: string, reference: string, manifest: Manifest): void {
    const key = keyOf(repository, manifest.digest);
    if (!isDigest(reference)) this.#tags.set(key, reference);
    if (manifest.kind === 'index') {
      for (const { digest } of manifest.manifests)
        this.#parents.set(keyOf(repository, digest), manifest.digest);
    } else if (manifest.layers.length > 0) {
      const layers = manifest.layers.map(({ digest }) => digest);
      this.#images.set(key, { repository, digest: manifest.digest, layers });
    }
  }

  /**
   * The image under a tag with the most layers that are exactly the lowest layers of `layers`, and not all of them.
   * @param own digest of what `layers` are of, an image or an index: other platforms of it may begin with the same layers,
   * and are no base of it
   */
  findBase(layers: readonly Digest[], own: string): SeenImage | undefined {
    const family = this.#familyOf(own);
    let best: SeenImage | undefined;
    for (const [key, seen] of this.#images.entries()) {
      const count = seen.layers.length;
      if (count >= layers.length || count <= (best?.layers.length ?? 0)) continue;
      if (!seen.layers.every((digest, position) => digest === layers[position])) continue;
      const tag = this.#tagOf(seen);
      const isOwn = [seen.digest, tag?.digest, this.#parents.get(key)].some(
        (each) => each && family.has(each),
      );
      if (tag && !isOwn) best = { ...seen, tag };
    }
    return best;
  }

  /** A manifest and the indexes that list it. */
  #familyOf(digest: string): ReadonlySet<string> {
    const indexes = [...this.#parents.entries()].filter(([key]) => key.endsWith(`@${digest}`));
    return new Set([digest, ...indexes.map(([, index]) => index)]);
  }

  #tagOf({ repository, digest }: Seen): SeenImage['tag'] | undefined {
    const own = this.#tags.get(keyOf(repository, digest));
    if (own !== undefined) return { name: own, digest };
    const parent = this.#parents.get(keyOf(repository, digest));
    const inherited = parent && this.#tags.get(keyOf(repository, parent));
    return parent && inherited !== undefined ? { name: inherited, digest: parent } : undefined;
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
