/**
 * Finds out what a clean-up by rules would do, reading only. A listing that carries details is all that is asked; what
 * it leaves open (age, signatures, what an index lists) is read, and only where a rule or a protection depends on it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { isCoreError } from '../../common/CoreError.ts';
import { isAttachmentTag } from '../../oci/attachmentTag.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { isIndexType } from '../../oci/mediaType.ts';
import { sortManyTags } from '../../oci/tagOrder.ts';
import type { RegistryProvider, TagDetails, UntaggedManifest } from '../../providers/RegistryProvider.ts';
import { classifyDocument } from '../../trust/classifyDocument.ts';
import { throwIfCancelled } from '../../registry/transport/cancellation.ts';
import { chooseDeleteMethod } from '../chooseDeleteMethod.ts';
import type { DeleteMethodChoice } from '../chooseDeleteMethod.ts';
import { resolveTag } from '../resolveTag.ts';
import { countBytesFreed } from './bytesFreed.ts';
import type { CleanUpEntry, CleanUpPlan } from './CleanUpPlan.ts';
import type { CleanUpRuleSet } from './CleanUpRules.ts';
import { decideTags, decideUntagged } from './decideTags.ts';
import type { CleanUpTag } from './decideTags.ts';
import { followNeeds } from './needs.ts';

export interface CleanUpPlanProgress {
  readonly phase: 'listing' | 'tags' | 'manifests' | 'signatures';
  readonly done: number;
  /** Undefined while it is not known. */
  readonly total?: number;
}

export interface CleanUpPlanOptions {
  readonly now: Date;
  /** Tag or digest → the file of the workspace that names it. */
  readonly usedTags?: ReadonlyMap<string, string>;
  readonly onProgress?: (progress: CleanUpPlanProgress) => void;
  /** At most so many manifests are read to count shared blobs once; over it, sizes of images are added up. */
  readonly maxManifestsRead?: number;
}

type ListedTag = Partial<TagDetails> & { readonly name: string };

const CONCURRENCY = 6;
const MAX_DEPTH = 8;
const MAX_PAGES = 100_000;
const DEFAULT_MAX_MANIFESTS_READ = 200;
const SLICE = 500;

/** @throws CoreError when the repository cannot be listed or read; nothing is decided by half. */
export async function planCleanUp(
  provider: RegistryProvider,
  repository: string,
  ruleSet: CleanUpRuleSet,
  signal: AbortSignal,
  options: CleanUpPlanOptions,
): Promise<CleanUpPlan> {
  return new CleanUpPlanner(provider, repository, ruleSet, signal, options).plan();
}

class CleanUpPlanner {
  readonly #provider: RegistryProvider;
  readonly #repository: string;
  readonly #ruleSet: CleanUpRuleSet;
  readonly #signal: AbortSignal;
  readonly #options: CleanUpPlanOptions;
  readonly #limit = pLimit(CONCURRENCY);
  readonly #manifests = new Map<Digest, Promise<Manifest | undefined>>();
  readonly #children = new Map<Digest, readonly Digest[]>();
  readonly #subjects = new Map<Digest, Digest>();

  constructor(
    provider: RegistryProvider,
    repository: string,
    ruleSet: CleanUpRuleSet,
    signal: AbortSignal,
    options: CleanUpPlanOptions,
  ) {
    this.#provider = provider;
    this.#repository = repository;
    this.#ruleSet = ruleSet;
    this.#signal = signal;
    this.#options = options;
  }

  async plan(): Promise<CleanUpPlan> {
    const wantsUntagged = this.#ruleSet.delete.some(({ untagged }) => untagged === true);
    const wantsPulls = this.#ruleSet.delete.some(({ notPulledForDays }) => notPulledForDays !== undefined);
    const method = await chooseDeleteMethod(this.#provider, this.#repository, this.#signal);
    const listing = await this.#listTags();
    const tags = await this.#complete(listing.tags);
    const untagged = wantsUntagged ? await this.#listUntagged() : [];
    for (const { digest, children } of [...tags, ...untagged]) {
      if (digest !== undefined && children) this.#children.set(digest, children);
    }

    const decided = await this.#decide(tags, untagged);
    const artifacts = new Set(
      tags.flatMap(({ kind, digest }) => (kind === 'artifact' && digest ? [digest] : [])),
    );
    await this.#readRelations(decided, artifacts);
    const checked = await this.#checkSignatures(decided, tags);
    const relations = { children: this.#children, subjects: this.#subjects };
    const entries = this.#keepWithSiblings(followNeeds(checked, relations), method);
    return {
      repository: this.#repository,
      rules: this.#ruleSet.name,
      method,
      entries,
      relations,
      bytesFreed: await countBytesFreed(entries, {
        children: this.#children,
        maxManifestsRead: this.#options.maxManifestsRead ?? DEFAULT_MAX_MANIFESTS_READ,
        read: (digest) => this.#readManifest(digest),
      }),
      knowledge: {
        listingComplete: listing.complete,
        pullsUnknown: wantsPulls && ![...tags, ...untagged].some(({ lastPulledAt }) => lastPulledAt),
        untaggedUnlisted: wantsUntagged && !this.#provider.listUntagged,
      },
    };
  }

  async #listTags(): Promise<{ readonly tags: readonly ListedTag[]; readonly complete: boolean }> {
    const tags = new Map<string, ListedTag>();
    let complete = true;
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.#provider.listTags(this.#repository, cursor, this.#signal);
      const known = tags.size;
      for (const { name, details } of page.items) tags.set(name, { ...details, name });
      this.#options.onProgress?.({ phase: 'listing', done: tags.size });
      if (page.truncated === true) complete = false;
      cursor = page.nextCursor;
      // A registry that gives the same page again would do so for ever: the list ends there, and is not whole.
      if (cursor !== undefined && page.items.length > 0 && tags.size === known) break;
      if (cursor === undefined) break;
    }
    // By version first: a stable order for the person, and for rules where times are equal.
    return {
      tags: await sortManyTags([...tags.values()], 'version'),
      complete: complete && cursor === undefined,
    };
  }

  async #listUntagged(): Promise<UntaggedManifest[]> {
    const manifests: UntaggedManifest[] = [];
    if (!this.#provider.listUntagged) return manifests;
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await this.#provider.listUntagged(this.#repository, cursor, this.#signal);
      manifests.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    return manifests;
  }

  /** What the listing did not tell of tags, as far as the rules ask for it. */
  async #complete(listed: readonly ListedTag[]): Promise<ListedTag[]> {
    const needsAge = this.#ruleSet.delete.some(
      ({ untagged, olderThanDays, notPulledForDays, keepNewest }) =>
        untagged !== true && (olderThanDays ?? notPulledForDays ?? keepNewest) !== undefined,
    );
    const isOpen = ({ digest, createdAt, name }: ListedTag): boolean =>
      digest === undefined || (needsAge && createdAt === undefined && !isAttachmentTag(name));
    const total = listed.filter(isOpen).length;
    let done = 0;
    return Promise.all(
      listed.map(async (tag) => {
        if (!isOpen(tag)) return tag;
        return this.#limit(async () => {
          throwIfCancelled(this.#signal);
          const wantsDetails = needsAge && !isAttachmentTag(tag.name);
          const found = wantsDetails ? await this.#readDetails(tag.name) : await this.#readDigest(tag.name);
          this.#options.onProgress?.({ phase: 'tags', done: ++done, total });
          return { ...tag, ...found };
        });
      }),
    );
  }

  async #readDetails(tag: string): Promise<Partial<TagDetails>> {
    try {
      return await this.#provider.getTagDetails(this.#repository, tag, this.#signal);
    } catch (error) {
      // A tag that leads nowhere stays; a registry that does not answer is another matter.
      if (isCoreError(error, 'notFound', 'protocol', 'tooLarge')) return {};
      throw error;
    }
  }

  async #readDigest(tag: string): Promise<Partial<TagDetails>> {
    return (await resolveTag(this.#provider.client, this.#repository, tag, this.#signal)) ?? {};
  }

  async #decide(tags: readonly ListedTag[], untagged: readonly UntaggedManifest[]): Promise<CleanUpEntry[]> {
    const signed = signedDigests(tags);
    const subjects: CleanUpTag[] = tags
      .filter(({ name }) => !isAttachmentTag(name))
      .map((tag) => ({
        ...tag,
        ...(this.#isSigned(tag, signed) && { isSigned: true }),
        ...(tag.locks?.includes('delete') && { isLocked: true }),
      }));
    const { now, usedTags = new Map<string, string>() } = this.#options;
    const decisions = await decideTags(subjects, this.#ruleSet, { now, usedTags });
    const entries: CleanUpEntry[] = [];
    for (const tag of tags) {
      if (entries.length % SLICE === SLICE - 1) await nextTurn();
      const decision = decisions.get(tag.name) ?? { action: 'keep', reason: { kind: 'subjectUnknown' } };
      const attachedTo = attachedDigest(tag.name);
      entries.push({
        ...factsOf(tag),
        ...decision,
        name: tag.name,
        isManifest: false,
        ...(attachedTo !== undefined && { attachedTo }),
      });
    }
    for (const manifest of untagged) {
      const decision = decideUntagged(manifest, this.#ruleSet, now);
      entries.push({ ...factsOf(manifest), ...decision, name: manifest.digest, isManifest: true });
    }
    return entries;
  }

  #isSigned({ digest, isSigned }: ListedTag, signed: ReadonlySet<string>): boolean {
    if (isSigned === true || digest === undefined) return isSigned === true;
    return signed.has(digest) || (this.#children.get(digest) ?? []).some((child) => signed.has(child));
  }

  /**
   * What indexes list and artifacts refer to: of what stays, because it may need what goes, and of untagged manifests
   * that go, because their kind is not known otherwise.
   */
  async #readRelations(entries: readonly CleanUpEntry[], artifacts: ReadonlySet<Digest>): Promise<void> {
    if (!entries.some(({ action }) => action === 'delete')) return;
    const hasUntagged = entries.some(({ isManifest }) => isManifest);
    const wanted = new Set<Digest>();
    for (const { digest, mediaType, isManifest, action, attachedTo } of entries) {
      if (digest === undefined || (attachedTo !== undefined && !hasUntagged)) continue;
      const mayNeed = mediaType === undefined || isIndexType(mediaType) || artifacts.has(digest);
      // A tag that goes takes nothing with it; an untagged manifest may be attached to something.
      if (isManifest ? action === 'delete' || mayNeed : mayNeed && action === 'keep') wanted.add(digest);
    }
    const open = [...wanted].filter((digest) => !this.#children.has(digest) || hasUntagged);
    let done = 0;
    await Promise.all(
      open.map(async (digest) => {
        await this.#readBelow(digest, 0);
        this.#options.onProgress?.({ phase: 'manifests', done: ++done, total: open.length });
      }),
    );
  }

  async #readBelow(digest: Digest, depth: number): Promise<void> {
    const manifest = await this.#readManifest(digest);
    if (manifest?.subject) this.#subjects.set(digest, manifest.subject.digest);
    if (manifest?.kind !== 'index') return;
    this.#children.set(
      digest,
      manifest.manifests.map((child) => child.digest),
    );
    if (depth >= MAX_DEPTH) return;
    const indexes = manifest.manifests.filter((child) => isIndexType(child.mediaType));
    await Promise.all(indexes.map((child) => this.#readBelow(child.digest, depth + 1)));
  }

  /** Undefined where it is not there any more or nothing that can be read. */
  #readManifest(digest: Digest): Promise<Manifest | undefined> {
    let reading = this.#manifests.get(digest);
    if (!reading) {
      reading = this.#limit(async () => {
        throwIfCancelled(this.#signal);
        try {
          return await this.#provider.client.getManifest(this.#repository, digest, this.#signal);
        } catch (error) {
          if (isCoreError(error, 'notFound', 'protocol', 'tooLarge')) return undefined;
          throw error;
        }
      });
      this.#manifests.set(digest, reading);
    }
    return reading;
  }

  /** Signatures that are no tags: asked for each image that would go, where the listing does not tell of them. */
  async #checkSignatures(
    entries: readonly CleanUpEntry[],
    tags: readonly ListedTag[],
  ): Promise<readonly CleanUpEntry[]> {
    if (this.#ruleSet.protectSigned === false) return entries;
    const told = new Set(tags.flatMap(({ digest, isSigned }) => (isSigned === undefined ? [] : [digest])));
    const going = new Set(
      entries.flatMap(({ action, digest, isManifest, attachedTo }) =>
        action === 'delete' && !isManifest && attachedTo === undefined && !told.has(digest) ? [digest!] : [],
      ),
    );
    const lists = new Set(tags.map(({ name }) => name).filter(isAttachmentTag));
    const found = new Map<Digest, 'signed' | 'signatureUnknown'>();
    // One by itself first: a registry without the API keeps lists of referrers as tags, and those are known.
    const [first, ...others] = going;
    if (first === undefined) return entries;
    const hasApi = await this.#checkSignature(first, found);
    const open = hasApi ? others : others.filter((digest) => lists.has(digest.replace(':', '-')));
    let done = 0;
    await Promise.all(
      open.map((digest) =>
        this.#limit(async () => {
          throwIfCancelled(this.#signal);
          await this.#checkSignature(digest, found);
          this.#options.onProgress?.({ phase: 'signatures', done: ++done, total: open.length });
        }),
      ),
    );
    return entries.map((entry) => {
      const kind = entry.action === 'delete' && entry.digest ? found.get(entry.digest) : undefined;
      return kind === undefined ? entry : { ...entry, action: 'keep', reason: { kind } };
    });
  }

  /** @returns whether the registry has the referrers API. */
  async #checkSignature(digest: Digest, found: Map<Digest, 'signed' | 'signatureUnknown'>): Promise<boolean> {
    try {
      const { referrers, source } = await this.#provider.client.listReferrers(
        this.#repository,
        digest,
        this.#signal,
      );
      for (const referrer of referrers) this.#subjects.set(referrer.digest, digest);
      if (referrers.some(isSignature)) found.set(digest, 'signed');
      return source === 'api';
    } catch (error) {
      throwIfCancelled(this.#signal);
      if (!isCoreError(error)) throw error;
      found.set(digest, 'signatureUnknown');
      return true;
    }
  }

  /** Where only whole images go, an image stays as long as one of its tags does. */
  #keepWithSiblings(
    entries: readonly CleanUpEntry[],
    { method }: DeleteMethodChoice,
  ): readonly CleanUpEntry[] {
    if (method !== 'digest') return entries;
    const staying = new Map(
      entries.filter(({ action }) => action === 'keep').map(({ digest, name }) => [digest, name]),
    );
    return entries.map((entry) => {
      const sibling = staying.get(entry.digest);
      return entry.action === 'keep' || sibling === undefined
        ? entry
        : { ...entry, action: 'keep', reason: { kind: 'siblingStays', sibling } };
    });
  }
}

function factsOf({
  digest,
  mediaType,
  sizeInBytes,
  createdAt,
  lastPulledAt,
}: Partial<Omit<UntaggedManifest, 'children'>>) {
  return {
    ...(digest !== undefined && { digest }),
    ...(mediaType !== undefined && mediaType !== '' && { mediaType }),
    ...(sizeInBytes !== undefined && { sizeInBytes }),
    ...(createdAt !== undefined && { createdAt }),
    ...(lastPulledAt !== undefined && { lastPulledAt }),
  };
}

/** A Sigstore bundle is signed whatever it says. */
function isSignature(referrer: Descriptor): boolean {
  const { kind, format } = classifyDocument(referrer);
  return kind === 'signature' || format === 'Sigstore';
}

/** `sha256-<hex>.sig` hangs on `sha256:<hex>`. */
function attachedDigest(tag: string): string | undefined {
  return isAttachmentTag(tag) ? tag.replace(/\..*$/, '').replace('-', ':') : undefined;
}

/** Digests with a signature of cosign's beside them as a tag. */
function signedDigests(tags: readonly ListedTag[]): Set<string> {
  return new Set(tags.flatMap(({ name }) => (name.endsWith('.sig') ? (attachedDigest(name) ?? []) : [])));
}
