/**
 * Carries out a reviewed clean-up: batch after batch, each tag looked at again just before it goes, its manifest's
 * bytes on disk before the registry is asked to delete it, all of it undoable from the journal and resumable after a
 * crash. Where the registry deletes tags it costs three requests a tag: a look, the DELETE, and a look at a sibling.
 */
import pLimit from 'p-limit';
import { CoreError, isCoreError } from '../../common/CoreError.ts';
import type { Digest } from '../../oci/digest.ts';
import { isIndexType } from '../../oci/mediaType.ts';
import type { RegistryProvider } from '../../providers/RegistryProvider.ts';
import { throwIfCancelled } from '../../registry/transport/cancellation.ts';
import { chooseDeleteMethod } from '../chooseDeleteMethod.ts';
import type { DeleteMethod } from '../chooseDeleteMethod.ts';
import type { Journal, JournalItem, JournalOperation, RunningOperation } from '../Journal.ts';
import { resolveTag } from '../resolveTag.ts';
import { asCoreError, moved, refused, TagRemover } from '../TagRemover.ts';
import type { KeptManifest, Removal } from '../TagRemover.ts';
import { deleteBareManifests } from './deleteBareManifests.ts';

/** What is to go, as it was when the person decided. */
export interface CleanUpTarget {
  /** The tag, or the digest of a manifest without one. */
  readonly name: string;
  readonly digest: Digest;
  readonly mediaType: string;
}

export interface CleanUpRequest {
  readonly repository: string;
  /** Name of the rules, for the journal. */
  readonly rules: string;
  /** As the plan found out; absent: it is found out anew. */
  readonly method?: Exclude<DeleteMethod, 'impossible'>;
  readonly targets: readonly CleanUpTarget[];
  /** Tags that stay, with what they point at: those on a digest that loses a tag are looked after. */
  readonly staying: readonly { readonly name: string; readonly digest?: Digest }[];
}

export interface CleanUpOptions {
  readonly journal: Journal;
  readonly connectionId: string;
  /** Stops between tags at once; a tag being deleted is settled first, then reported as what it is. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CleanUpProgress) => void;
  /** First pause between attempts to put a tag right. Milliseconds. */
  readonly retryDelayMs?: number;
}

export interface CleanUpProgress {
  /** What was dealt with last. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export type CleanUpOutcome = Removal & { readonly name: string };

export interface CleanUpResult {
  /** In the journal, for undoDelete. */
  readonly operationId: string;
  /** One for each target, in the order they were dealt with. */
  readonly outcomes: readonly CleanUpOutcome[];
  /** Tags that stay and had gone all the same, put back at once. Not empty: the clean-up was stopped there. */
  readonly siblingsRestored: readonly string[];
}

const BATCH = 48;
const CONCURRENCY = 6;
/** Distribution 2.8 looks through all tags when a digest is deleted, and two at once leave one of them half there. */
const DUMMY_CONCURRENCY = 1;

/**
 * Nothing is thrown for a single tag: its outcome carries the error (`conflict` when it moved since the plan, row 56;
 * `cancelled` for those Cancel spared).
 * @throws CoreError `disk` when the journal cannot be written, then nothing was deleted; what chooseDeleteMethod finds.
 */
export async function runCleanUp(
  provider: RegistryProvider,
  { repository, rules, targets, staying, method: known }: CleanUpRequest,
  options: CleanUpOptions,
): Promise<CleanUpResult> {
  const method = known ?? (await chooseMethod(provider, repository, options.signal));
  const operation = await options.journal.begin(
    {
      kind: 'cleanUp',
      rules,
      connectionId: options.connectionId,
      registry: provider.client.endpoint.referenceHost,
      repository,
      items: inOrder(targets).map(({ name, digest, mediaType }) => ({
        tag: name,
        digest,
        mediaType,
        state: 'pending',
      })),
    },
    [],
  );
  return new CleanUpRun(provider, repository, operation, method, staying, options).run();
}

/**
 * Goes on with one that was interrupted, or with a deletion, as it was journalled; what moved meanwhile stays.
 * @throws CoreError `conflict` with reason `operationRunning` when another window has it.
 */
export async function resumeCleanUp(
  provider: RegistryProvider,
  { id, repository }: Pick<JournalOperation, 'id' | 'repository'>,
  options: CleanUpOptions,
): Promise<CleanUpResult> {
  const method = await chooseMethod(provider, repository, options.signal);
  const operation = await options.journal.resume(id);
  await settle(provider, repository, operation, options);
  return new CleanUpRun(provider, repository, operation, method, [], options).run();
}

/**
 * Takes tags off the dummy manifests that a process which is gone left them on, until somebody decides whether the
 * clean-up goes on. @throws CoreError when the registry cannot be asked; try again later.
 */
export async function settleInterruptedCleanUp(
  provider: RegistryProvider,
  { id, repository }: Pick<JournalOperation, 'id' | 'repository'>,
  options: Pick<CleanUpOptions, 'journal' | 'signal' | 'retryDelayMs'>,
): Promise<void> {
  await settle(provider, repository, await options.journal.reopen(id), options);
}

async function settle(
  { client }: RegistryProvider,
  repository: string,
  operation: RunningOperation,
  { journal, signal, retryDelayMs }: Pick<CleanUpOptions, 'journal' | 'signal' | 'retryDelayMs'>,
): Promise<void> {
  const remover = new TagRemover({
    client,
    repository,
    signal,
    ...(retryDelayMs !== undefined && { retryDelayMs }),
  });
  for (const { tag, digest, mediaType, dummyDigest, state } of operation.items) {
    if (dummyDigest === undefined || (state !== 'pending' && state !== 'unknown')) continue;
    const bytes = await journal.readManifest(digest);
    const removal = await remover.settle(tag, { digest, mediaType, bytes }, dummyDigest, cancelled());
    if (removal.state === 'unknown') throw removal.error;
    if (removal.state === 'deleted') await operation.update(tag, { state: 'done' });
  }
}

async function chooseMethod(
  provider: RegistryProvider,
  repository: string,
  signal: AbortSignal,
): Promise<Exclude<DeleteMethod, 'impossible'>> {
  const choice = await chooseDeleteMethod(provider, repository, signal);
  if (choice.method === 'impossible') throw refused(repository, choice.reason);
  return choice.method;
}

/** Indexes before what they list: some registries refuse the other way round. */
function inOrder(targets: readonly CleanUpTarget[]): CleanUpTarget[] {
  const isIndex = ({ mediaType }: CleanUpTarget): boolean => isIndexType(mediaType);
  return [...targets.filter(isIndex), ...targets.filter((target) => !isIndex(target))];
}

class CleanUpRun {
  readonly #provider: RegistryProvider;
  readonly #repository: string;
  readonly #operation: RunningOperation;
  readonly #method: Exclude<DeleteMethod, 'impossible'>;
  readonly #siblings: Map<Digest, string[]>;
  readonly #options: CleanUpOptions;
  readonly #remover: TagRemover;
  readonly #outcomes: CleanUpOutcome[] = [];
  readonly #restored: string[] = [];
  /** Digests whose bytes are in the journal. */
  readonly #kept = new Set<Digest>();
  readonly #looked = new Set<Digest>();
  /** Set when going on would do harm. */
  #stopped: CoreError | undefined;

  constructor(
    provider: RegistryProvider,
    repository: string,
    operation: RunningOperation,
    method: Exclude<DeleteMethod, 'impossible'>,
    staying: CleanUpRequest['staying'],
    options: CleanUpOptions,
  ) {
    this.#provider = provider;
    this.#repository = repository;
    this.#operation = operation;
    this.#method = method;
    this.#siblings = new Map();
    for (const { name, digest } of staying) {
      if (digest === undefined || name === digest) continue;
      const known = this.#siblings.get(digest);
      if (known) known.push(name);
      else this.#siblings.set(digest, [name]);
    }
    this.#options = options;
    this.#remover = new TagRemover({
      client: provider.client,
      repository,
      signal: options.signal,
      ...(provider.deleteTag && { deleteTag: provider.deleteTag.bind(provider) }),
      ...(options.retryDelayMs !== undefined && { retryDelayMs: options.retryDelayMs }),
    });
  }

  async run(): Promise<CleanUpResult> {
    const open = this.#operation.items.filter(({ state }) => state === 'pending' || state === 'unknown');
    const total = open.length;
    const shared = this.#method === 'digest' ? await this.#digestsInUse(open) : new Map<Digest, string>();
    for (let start = 0; start < total; start += BATCH) {
      await this.#runBatch(open.slice(start, start + BATCH), shared, total);
    }
    await this.#deleteBareManifests();
    await tolerateDisk(this.#operation.finish());
    return {
      operationId: this.#operation.id,
      outcomes: this.#outcomes,
      siblingsRestored: this.#restored,
    };
  }

  async #runBatch(
    items: readonly JournalItem[],
    shared: ReadonlyMap<Digest, string>,
    total: number,
  ): Promise<void> {
    const limit = pLimit(this.#method === 'dummyManifest' ? DUMMY_CONCURRENCY : CONCURRENCY);
    const ready = await Promise.all(items.map((item) => limit(() => this.#lookAgain(item, shared))));
    const kept = new Map<Digest, KeptManifest>();
    for (const look of ready) if (look.manifest) kept.set(look.manifest.digest, look.manifest);
    try {
      await this.#operation.keep([...kept.values()]);
      for (const digest of kept.keys()) this.#kept.add(digest);
    } catch (error) {
      this.#stopped ??= asCoreError(error);
    }
    const finish = async (item: JournalItem, removal: Removal): Promise<void> => {
      const state = removal.state === 'deleted' ? 'done' : removal.state;
      await tolerateDisk(this.#operation.update(item.tag, { state }));
      this.#outcomes.push({ ...removal, name: item.tag });
      this.#options.onProgress?.({ name: item.tag, done: this.#outcomes.length, total });
    };
    await Promise.all(
      items.map((item, index) =>
        limit(async () => {
          const { removal } = ready[index]!;
          await finish(item, removal ?? (await this.#remove(item, kept.get(item.digest))));
        }),
      ),
    );
  }

  /** One request: the manifest where its bytes are not kept yet, else only where the tag points. */
  async #lookAgain(
    { tag, digest, mediaType }: JournalItem,
    shared: ReadonlyMap<Digest, string>,
  ): Promise<{ readonly removal?: Removal; readonly manifest?: KeptManifest }> {
    const { client } = this.#provider;
    try {
      throwIfCancelled(this.#options.signal);
      if (this.#stopped) return { removal: { state: 'kept', error: this.#stopped } };
      if (shared.has(digest)) return { removal: { state: 'kept', error: siblingStays(tag) } };
      if (this.#kept.has(digest)) {
        const target = await resolveTag(client, this.#repository, tag, this.#options.signal);
        if (!target) return { removal: { state: 'deleted' } };
        return target.digest === digest ? {} : { removal: { state: 'kept', error: moved(tag) } };
      }
      const manifest = await client.getManifest(this.#repository, tag, this.#options.signal);
      if (manifest.digest !== digest) return { removal: { state: 'kept', error: moved(tag) } };
      return { manifest: { digest, mediaType: manifest.mediaType || mediaType, bytes: manifest.bytes } };
    } catch (error) {
      if (isCoreError(error, 'notFound')) return { removal: { state: 'deleted' } };
      return { removal: { state: 'kept', error: asCoreError(error) } };
    }
  }

  async #remove({ tag, digest, mediaType }: JournalItem, kept: KeptManifest | undefined): Promise<Removal> {
    const { signal } = this.#options;
    if (this.#stopped) return { state: 'kept', error: this.#stopped };
    if (signal.aborted) return { state: 'kept', error: cancelled() };
    if (tag === digest) return this.#removeManifest(digest);
    let removal: Removal;
    if (this.#method === 'dummyManifest') {
      const bytes = kept?.bytes ?? (await this.#options.journal.readManifest(digest));
      removal = await this.#remover.deleteThroughDummy(tag, { digest, mediaType, bytes }, (dummyDigest) =>
        this.#operation.update(tag, { dummyDigest }),
      );
    } else {
      removal = await this.#remover.deleteReference(tag, this.#method === 'digest' ? digest : tag, digest);
    }
    if (removal.state === 'deleted') await this.#lookAfterSibling(digest, mediaType, kept);
    return removal;
  }

  async #removeManifest(digest: Digest): Promise<Removal> {
    const { signal } = this.#options;
    try {
      if (this.#provider.deleteUntagged) {
        await this.#provider.deleteUntagged(this.#repository, digest, signal);
      } else {
        await this.#provider.client.deleteManifest(this.#repository, digest, signal);
      }
      return { state: 'deleted' };
    } catch (error) {
      if (isCoreError(error, 'notFound')) return { state: 'deleted' };
      return { state: 'kept', error: asCoreError(error) };
    }
  }

  /** One sibling a digest; where it is gone all are put back, and nothing more is deleted here. */
  async #lookAfterSibling(digest: Digest, mediaType: string, kept: KeptManifest | undefined): Promise<void> {
    const [first, ...others] = this.#siblings.get(digest) ?? [];
    if (first === undefined || this.#looked.has(digest)) return;
    this.#looked.add(digest);
    const bytes = kept?.bytes ?? (await this.#options.journal.readManifest(digest));
    const manifest = { digest, mediaType, bytes };
    const check = await this.#remover.checkSiblings([first], manifest);
    if (check.restored.length === 0) return;
    this.#stopped ??= new CoreError('unsupported', 'the registry deletes other tags of an image as well', {
      subject: this.#repository,
      reason: 'takesSiblings',
    });
    const rest = await this.#remover.checkSiblings(others, manifest);
    this.#restored.push(...check.restored, ...rest.restored);
  }

  /** Where a DELETE takes all tags of an image: those that no target names, as the registry lists them now. */
  async #digestsInUse(items: readonly JournalItem[]): Promise<Map<Digest, string>> {
    const { client } = this.#provider;
    const targets = new Map(items.map(({ tag, digest }) => [tag, digest]));
    const wanted = new Set(targets.values());
    const inUse = new Map<Digest, string>();
    const limit = pLimit(CONCURRENCY);
    let cursor: string | undefined;
    do {
      const page = await this.#provider.listTags(this.#repository, cursor, this.#options.signal);
      await Promise.all(
        page.items
          .filter(({ name }) => !targets.has(name))
          .map(({ name, details }) =>
            limit(async () => {
              const digest =
                details?.digest ??
                (await resolveTag(client, this.#repository, name, this.#options.signal))?.digest;
              if (digest !== undefined && wanted.has(digest)) inUse.set(digest, name);
            }),
          ),
      );
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return inUse;
  }

  /** Manifests whose last tag went just now, where the registry would keep them for ever. */
  async #deleteBareManifests(): Promise<void> {
    // Who deleted tags asked for no more than that.
    if (this.#operation.kind !== 'cleanUp') return;
    const { signal } = this.#options;
    const isLeft = this.#method === 'native' || this.#method === 'dummyManifest';
    const { reclaims } = this.#provider.capabilities;
    // Where they go by themselves, or nobody ever sees them, they are the registry's business.
    const lingers =
      reclaims === 'manual' || (reclaims === 'scheduled' && this.#provider.listUntagged !== undefined);
    if (!isLeft || !lingers || this.#stopped || signal.aborted) return;
    const states = new Map<Digest, boolean>();
    for (const { tag, digest, state } of this.#operation.items) {
      if (tag !== digest) states.set(digest, (states.get(digest) ?? true) && state === 'done');
    }
    const bare = [...states].filter(([digest, gone]) => gone && !this.#siblings.has(digest));
    await deleteBareManifests(
      this.#provider,
      this.#repository,
      bare.map(([digest]) => digest),
      signal,
    );
  }
}

function siblingStays(tag: string): CoreError {
  return new CoreError('conflict', 'another tag of the image stays, and only whole images go here', {
    subject: tag,
    reason: 'takesSiblings',
  });
}

function cancelled(): CoreError {
  return new CoreError('cancelled', 'the clean-up was cancelled');
}

/** The bytes to undo with are on disk already: a disk that fills up now must not stop what has begun. */
async function tolerateDisk(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isCoreError(error, 'disk')) throw error;
  }
}
