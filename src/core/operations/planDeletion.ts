/**
 * Finds out what a deletion will take before anything is sent. Where a registry is too big to look at everything, the
 * plan says how much was looked at.
 */
import pLimit from 'p-limit';
import { isCoreError } from '../common/CoreError.ts';
import { throwIfCancelled } from '../registry/transport/cancellation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/mediaType.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { chooseDeleteMethod } from './chooseDeleteMethod.ts';
import type { DeleteMethodChoice } from './chooseDeleteMethod.ts';
import type { DeletionPlan, HoldingIndex, OrphanedReferrer, PlannedTag } from './DeletionPlan.ts';
import { resolveTag } from './resolveTag.ts';
import type { ResolvedTag } from './resolveTag.ts';

export interface PlanProgress {
  readonly phase: 'listing' | 'tags' | 'manifests';
  readonly done: number;
  readonly total: number;
}

export interface PlanLimits {
  /** Tag names listed. */
  readonly tagsListed: number;
  /** Tags whose digest is asked for, one HEAD each where the listing does not carry it. */
  readonly tagsExamined: number;
  /** Remaining manifests read, indexes first. */
  readonly manifestsRead: number;
}

export interface PlanOptions {
  readonly onProgress?: (progress: PlanProgress) => void;
  readonly limits?: Partial<PlanLimits>;
}

const DEFAULT_LIMITS: PlanLimits = { tagsListed: 10_000, tagsExamined: 500, manifestsRead: 100 };
const CONCURRENCY = 6;
const ATTACHMENT_SUFFIXES = ['.sig', '.att', '.sbom'];

/**
 * Reads only. Where nothing can be deleted it stops after finding that out.
 * @throws CoreError when the selected tags cannot be resolved; what else fails only makes the plan know less.
 */
export async function planDeletion(
  provider: RegistryProvider,
  repository: string,
  tags: readonly string[],
  signal: AbortSignal,
  options: PlanOptions = {},
): Promise<DeletionPlan> {
  return new Planner(provider, repository, signal, options).plan([...new Set(tags)]);
}

/** Tag → what it points at, for the tags that were looked at. */
type TagCensus = ReadonlyMap<string, ResolvedTag>;

class Planner {
  readonly #provider: RegistryProvider;
  readonly #repository: string;
  readonly #signal: AbortSignal;
  readonly #limits: PlanLimits;
  readonly #onProgress: (progress: PlanProgress) => void;
  readonly #limit = pLimit(CONCURRENCY);
  readonly #manifests = new Map<Digest, Promise<Manifest | undefined>>();

  constructor(provider: RegistryProvider, repository: string, signal: AbortSignal, options: PlanOptions) {
    this.#provider = provider;
    this.#repository = repository;
    this.#signal = signal;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#onProgress = options.onProgress ?? (() => undefined);
  }

  async plan(tags: readonly string[]): Promise<DeletionPlan> {
    const [choice, ...resolved] = await Promise.all([
      chooseDeleteMethod(this.#provider, this.#repository, this.#signal),
      ...tags.map((tag) => this.#limit(() => this.#resolve(tag))),
    ]);
    const selected = new Map<string, ResolvedTag>();
    tags.forEach((tag, index) => {
      const target = resolved[index];
      if (target) selected.set(tag, target);
    });
    if (choice.method === 'impossible' || selected.size === 0) return this.#emptyPlan(tags, selected, choice);

    const listing = await this.#listTags();
    const census = await this.#examineTags(selected, listing.tags);
    const total = new Set([...listing.tags.keys(), ...selected.keys()]).size;
    const allTagsKnown = listing.complete && census.size === total;
    const takesSiblings = choice.method === 'digest';

    const targets = new Set([...selected.values()].map(({ digest }) => digest));
    const remaining = new Map(
      [...census].filter(
        ([tag, { digest }]) => !selected.has(tag) && !(takesSiblings && targets.has(digest)),
      ),
    );
    const remainingDigests = new Set([...remaining.values()].map(({ digest }) => digest));
    const losingLastTag = [...targets].filter((digest) => !remainingDigests.has(digest));

    const others = await this.#readRemaining(remaining, losingLastTag);
    const holdingIndexes = findHoldingIndexes(others.manifests, remaining, targets);
    const held = new Set(holdingIndexes.map(({ holds }) => holds));
    const going = losingLastTag.filter((digest) => takesSiblings || !held.has(digest));
    const bytesFreed = await this.#bytesFreed(going, others.manifests);
    const { referrers, known } = await this.#orphanedReferrers(going, selected, remaining, others.manifests);

    return {
      repository: this.#repository,
      tags: tags.map((tag) => plannedTag(tag, selected.get(tag), choice, census, allTagsKnown)),
      alsoDeleted:
        takesSiblings && allTagsKnown
          ? [...census]
              .filter(([tag, { digest }]) => !selected.has(tag) && targets.has(digest))
              .map(([tag]) => tag)
          : [],
      holdingIndexes,
      orphanedReferrers: referrers,
      ...(bytesFreed !== undefined && { bytesFreed }),
      ...(this.#provider.capabilities.deletesImageWithLastTag && { deletedImages: going }),
      knowledge: {
        tagsExamined: census.size,
        tagsTotal: total,
        listingComplete: listing.complete,
        manifestsRead: others.manifests.length,
        manifestsTotal: others.total,
        referrersKnown: known,
        bytesFreedIsUpperBound: !allTagsKnown || others.manifests.length < others.total,
      },
    };
  }

  #emptyPlan(
    tags: readonly string[],
    selected: ReadonlyMap<string, ResolvedTag>,
    choice: DeleteMethodChoice,
  ): DeletionPlan {
    return {
      repository: this.#repository,
      tags: tags.map((tag) => plannedTag(tag, selected.get(tag), choice, selected, false)),
      alsoDeleted: [],
      holdingIndexes: [],
      orphanedReferrers: [],
      knowledge: {
        tagsExamined: selected.size,
        tagsTotal: tags.length,
        listingComplete: false,
        manifestsRead: 0,
        manifestsTotal: 0,
        referrersKnown: false,
        bytesFreedIsUpperBound: true,
      },
    };
  }

  #resolve(tag: string): Promise<ResolvedTag | undefined> {
    return resolveTag(this.#provider.client, this.#repository, tag, this.#signal);
  }

  /** Undefined where it cannot be read; Cancel still throws. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      throwIfCancelled(this.#signal);
      if (!isCoreError(error)) throw error;
      return undefined;
    }
  }

  /** Names, with digest and type where the listing carries them. */
  async #listTags(): Promise<{
    readonly tags: ReadonlyMap<string, ResolvedTag | undefined>;
    readonly complete: boolean;
  }> {
    const tags = new Map<string, ResolvedTag | undefined>();
    let cursor: string | undefined;
    let complete = true;
    do {
      const page = await this.#attempt(() => this.#provider.listTags(this.#repository, cursor, this.#signal));
      if (!page) return { tags, complete: false };
      for (const { name, details } of page.items) tags.set(name, details?.isPartial ? undefined : details);
      this.#onProgress({ phase: 'listing', done: tags.size, total: tags.size });
      if (page.truncated === true) complete = false;
      cursor = page.nextCursor;
    } while (cursor !== undefined && tags.size < this.#limits.tagsListed);
    return { tags, complete: complete && cursor === undefined };
  }

  async #examineTags(
    selected: ReadonlyMap<string, ResolvedTag>,
    listed: ReadonlyMap<string, ResolvedTag | undefined>,
  ): Promise<TagCensus> {
    const census = new Map(selected);
    const unknown: string[] = [];
    for (const [tag, target] of listed) {
      if (census.has(tag)) continue;
      if (target) census.set(tag, { digest: target.digest, mediaType: target.mediaType });
      else unknown.push(tag);
    }
    const wanted = likelySiblingsFirst(unknown, [...selected.keys()]).slice(
      0,
      Math.max(0, this.#limits.tagsExamined - selected.size),
    );
    let done = 0;
    await Promise.all(
      wanted.map((tag) =>
        this.#limit(async () => {
          const target = await this.#attempt(() => this.#resolve(tag));
          if (target) census.set(tag, target);
          this.#onProgress({ phase: 'tags', done: ++done, total: wanted.length });
        }),
      ),
    );
    return census;
  }

  #readManifest(digest: Digest): Promise<Manifest | undefined> {
    let reading = this.#manifests.get(digest);
    if (!reading) {
      reading = this.#limit(() =>
        this.#attempt(() => this.#provider.client.getManifest(this.#repository, digest, this.#signal)),
      );
      this.#manifests.set(digest, reading);
    }
    return reading;
  }

  /** Manifests under remaining tags. Indexes are read always; images only where they decide which bytes are freed. */
  async #readRemaining(
    remaining: TagCensus,
    losingLastTag: readonly Digest[],
  ): Promise<{ readonly manifests: readonly Manifest[]; readonly total: number }> {
    const types = new Map([...remaining.values()].map(({ digest, mediaType }) => [digest, mediaType]));
    const indexes = [...types.keys()].filter((digest) => isIndexType(types.get(digest)!));
    const images = [...types.keys()].filter((digest) => !isIndexType(types.get(digest)!));
    const needed = losingLastTag.length > 0 ? [...indexes, ...images] : indexes;
    const wanted = needed.slice(0, this.#limits.manifestsRead);
    let done = 0;
    const manifests = await Promise.all(
      wanted.map(async (digest) => {
        const manifest = await this.#readManifest(digest);
        this.#onProgress({ phase: 'manifests', done: ++done, total: wanted.length });
        return manifest;
      }),
    );
    return { manifests: manifests.filter((manifest) => manifest !== undefined), total: needed.length };
  }

  async #bytesFreed(going: readonly Digest[], remaining: readonly Manifest[]): Promise<number | undefined> {
    if (going.length === 0) return 0;
    const kept = new Map<Digest, number>();
    for (const manifest of remaining) await this.#collectBlobs(manifest, kept);
    const freed = new Map<Digest, number>();
    for (const digest of going) {
      const manifest = await this.#readManifest(digest);
      if (!manifest || !(await this.#collectBlobs(manifest, freed))) return undefined;
    }
    let bytes = 0;
    for (const [digest, sizeInBytes] of freed) if (!kept.has(digest)) bytes += sizeInBytes;
    return bytes;
  }

  /** Adds config and layers of a manifest, and of everything an index lists. False where a part could not be read. */
  async #collectBlobs(
    manifest: Manifest,
    blobs: Map<Digest, number>,
    seen = new Set<Digest>(),
  ): Promise<boolean> {
    if (seen.has(manifest.digest)) return true;
    seen.add(manifest.digest);
    if (manifest.kind === 'legacy') return false; // schema 1 knows no sizes
    if (manifest.kind === 'manifest') {
      for (const { digest, sizeInBytes } of [manifest.config, ...manifest.layers])
        blobs.set(digest, sizeInBytes);
      return true;
    }
    const children = await Promise.all(manifest.manifests.map(({ digest }) => this.#readManifest(digest)));
    let complete = true;
    for (const child of children) {
      if (!child || !(await this.#collectBlobs(child, blobs, seen))) complete = false;
    }
    return complete;
  }

  async #orphanedReferrers(
    going: readonly Digest[],
    selected: ReadonlyMap<string, ResolvedTag>,
    remaining: TagCensus,
    others: readonly Manifest[],
  ): Promise<{ readonly referrers: readonly OrphanedReferrer[]; readonly known: boolean }> {
    const reachable = new Set<Digest>([...remaining.values()].map(({ digest }) => digest));
    for (const other of others) {
      if (other.kind === 'index') for (const { digest } of other.manifests) reachable.add(digest);
    }
    const subjects = new Set(going);
    for (const digest of going) {
      const manifest = await this.#readManifest(digest);
      if (manifest?.kind !== 'index') continue;
      for (const child of manifest.manifests) {
        if (!isUnknownPlatform(child.platform) && !reachable.has(child.digest)) subjects.add(child.digest);
      }
    }
    const found = await Promise.all([...subjects].map((subject) => this.#referrersOf(subject, selected)));
    return {
      referrers: found.flatMap(({ referrers }) => referrers),
      known: found.every(({ known }) => known),
    };
  }

  async #referrersOf(
    subject: Digest,
    selected: ReadonlyMap<string, ResolvedTag>,
  ): Promise<{ readonly referrers: readonly OrphanedReferrer[]; readonly known: boolean }> {
    const attachments = ATTACHMENT_SUFFIXES.map((suffix) => `${subject.replace(':', '-')}${suffix}`).filter(
      (tag) => !selected.has(tag),
    );
    const [list, ...attached] = await Promise.all([
      this.#limit(() =>
        this.#attempt(() => this.#provider.client.listReferrers(this.#repository, subject, this.#signal)),
      ),
      ...attachments.map((tag) => this.#limit(() => this.#attempt(() => this.#resolve(tag)))),
    ]);
    const referrers = (list?.referrers ?? []).map((referrer: Descriptor) => ({
      digest: referrer.digest,
      artifactType: referrer.artifactType ?? referrer.mediaType,
      subject,
    }));
    const byTag = attachments.flatMap((tag, index) => {
      const target = attached[index];
      return target ? [{ digest: target.digest, artifactType: target.mediaType, subject, tag }] : [];
    });
    return { referrers: [...referrers, ...byTag], known: list !== undefined };
  }
}

function plannedTag(
  tag: string,
  target: ResolvedTag | undefined,
  choice: DeleteMethodChoice,
  census: TagCensus,
  allTagsKnown: boolean,
): PlannedTag {
  if (!target) return { tag, method: 'impossible', reason: 'notFound', siblings: [] };
  const { digest, mediaType } = target;
  const siblings = [...census]
    .filter(([other, examined]) => other !== tag && examined.digest === digest)
    .map(([other]) => other);
  const base = { tag, digest, mediaType, siblings };
  if (choice.method === 'impossible') return { ...base, method: 'impossible', reason: choice.reason };
  if (choice.method === 'digest' && !allTagsKnown) {
    return { ...base, method: 'impossible', reason: 'siblingsUnknown' };
  }
  return { ...base, method: choice.method };
}

function findHoldingIndexes(
  manifests: readonly Manifest[],
  remaining: TagCensus,
  targets: ReadonlySet<Digest>,
): HoldingIndex[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind !== 'index') return [];
    const held = new Set(
      manifest.manifests.map(({ digest }) => digest).filter((digest) => targets.has(digest)),
    );
    if (held.size === 0) return [];
    const tags = [...remaining].filter(([, { digest }]) => digest === manifest.digest).map(([tag]) => tag);
    return [...held].map((holds) => ({ digest: manifest.digest, tags, holds }));
  });
}

/** `v1` and `latest` before `nightly-77` when `v1.2.0` goes: where not every tag can be examined, the likeliest are. */
function likelySiblingsFirst(tags: readonly string[], selected: readonly string[]): string[] {
  const isLikely = (tag: string): boolean =>
    tag === 'latest' || selected.some((other) => other.startsWith(tag) || tag.startsWith(other));
  return [...tags.filter(isLikely), ...tags.filter((tag) => !isLikely(tag))];
}
