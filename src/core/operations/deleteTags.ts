/** Carries out a DeletionPlan: one tag after the other, each looked at again first, all of it undoable from the journal. */
import pLimit from 'p-limit';
import { isCoreError } from '../common/CoreError.ts';
import type { CoreError } from '../common/CoreError.ts';
import type { Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { withKind } from '../registry/registryError.ts';
import { throwIfCancelled } from '../registry/transport/cancellation.ts';
import type { DeletionPlan, PlannedTag } from './DeletionPlan.ts';
import type { Journal, JournalItem, RunningOperation } from './Journal.ts';
import { resolveTag } from './resolveTag.ts';
import { asCoreError, moved, refused, TagRemover } from './TagRemover.ts';
import type { Removal } from './TagRemover.ts';

export interface DeleteOptions {
  readonly journal: Journal;
  readonly connectionId: string;
  /** Stops between tags at once; a tag being deleted is settled first, then reported as what it is. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: DeleteProgress) => void;
  /** First pause between attempts to put a tag right. Milliseconds. */
  readonly retryDelayMs?: number;
}

export interface DeleteProgress {
  /** The tag being deleted. */
  readonly tag: string;
  readonly done: number;
  readonly total: number;
}

export interface DeleteResult {
  /** In the journal, for undoDelete. Undefined: nothing was tried. */
  readonly operationId?: string;
  /** One for each tag of the plan, in its order. */
  readonly outcomes: readonly TagOutcome[];
}

export type TagOutcome = Removal & {
  readonly tag: string;
  /** Tags that went with it by method `digest`. */
  readonly alsoDeleted: readonly string[];
  /** Siblings the registry deleted although it should not have, put back at once. */
  readonly siblingsRestored: readonly string[];
  /** Siblings that could not be looked at afterwards. */
  readonly siblingsUnverified: readonly string[];
};

const CONCURRENCY = 6;

type DeletableTag = Exclude<PlannedTag, { method: 'impossible' }>;

/**
 * Nothing is thrown for a single tag: its outcome carries the error (`conflict` when it moved since the plan, row 56;
 * `cancelled` for those Cancel spared).
 * @throws CoreError `disk` when the journal cannot be written; then nothing was deleted.
 */
export async function deleteTags(
  provider: RegistryProvider,
  plan: DeletionPlan,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { journal, connectionId, signal } = options;
  const deletable = plan.tags.filter((planned): planned is DeletableTag => planned.method !== 'impossible');
  const { manifests, failures } = await readManifests(provider, plan.repository, deletable, signal);
  const ready = deletable.filter(({ digest }) => manifests.has(digest));
  if (ready.length === 0) {
    return { outcomes: plan.tags.map((planned) => kept(planned.tag, whyNot(planned, failures))) };
  }
  const operation = await journal.begin(
    {
      kind: 'delete',
      connectionId,
      registry: provider.client.endpoint.referenceHost,
      repository: plan.repository,
      items: journalItems(ready),
    },
    [...manifests.values()],
  );
  const deletion = new Deletion(provider, plan.repository, operation, manifests, options);
  const outcomes: TagOutcome[] = [];
  let done = 0;
  for (const planned of plan.tags) {
    if (planned.method === 'impossible' || !manifests.has(planned.digest)) {
      outcomes.push(kept(planned.tag, whyNot(planned, failures)));
      continue;
    }
    options.onProgress?.({ tag: planned.tag, done, total: ready.length });
    outcomes.push(await deletion.delete(planned));
    done += 1;
  }
  await deletion.finish();
  return { operationId: operation.id, outcomes };
}

class Deletion {
  readonly #provider: RegistryProvider;
  readonly #repository: string;
  readonly #operation: RunningOperation;
  readonly #manifests: ReadonlyMap<Digest, Manifest>;
  readonly #signal: AbortSignal;
  readonly #remover: TagRemover;
  readonly #gone = new Set<string>();

  constructor(
    provider: RegistryProvider,
    repository: string,
    operation: RunningOperation,
    manifests: ReadonlyMap<Digest, Manifest>,
    { signal, retryDelayMs }: DeleteOptions,
  ) {
    this.#provider = provider;
    this.#repository = repository;
    this.#operation = operation;
    this.#manifests = manifests;
    this.#signal = signal;
    this.#remover = new TagRemover({
      client: provider.client,
      repository,
      signal,
      ...(provider.deleteTag && { deleteTag: provider.deleteTag.bind(provider) }),
      ...(retryDelayMs !== undefined && { retryDelayMs }),
    });
  }

  async delete(planned: DeletableTag): Promise<TagOutcome> {
    const { tag, method, digest } = planned;
    const siblings = await this.#siblingsStillThere(planned);
    const removal = this.#gone.has(tag) ? ({ state: 'deleted' } as const) : await this.#remove(planned);
    const alsoDeleted = method === 'digest' && removal.state === 'deleted' ? siblings : [];
    if (removal.state === 'deleted') for (const gone of [tag, ...alsoDeleted]) this.#gone.add(gone);
    await this.#record([tag, ...alsoDeleted], removal.state === 'deleted' ? 'done' : removal.state);
    const check =
      method === 'digest' || removal.state === 'kept'
        ? { restored: [], unverified: [] }
        : await this.#remover.checkSiblings(siblings, this.#manifests.get(digest)!);
    return {
      ...removal,
      tag,
      alsoDeleted,
      siblingsRestored: check.restored,
      siblingsUnverified: check.unverified,
    };
  }

  async finish(): Promise<void> {
    await toleratingDisk(() => this.#operation.finish());
  }

  /** Siblings of the plan that are still on the digest: only these are answered for afterwards. */
  async #siblingsStillThere({ digest, siblings }: DeletableTag): Promise<string[]> {
    const limit = pLimit(CONCURRENCY);
    const there = await Promise.all(
      siblings.map((sibling) =>
        limit(async () => {
          if (this.#gone.has(sibling) || this.#signal.aborted) return false;
          try {
            const target = await resolveTag(this.#provider.client, this.#repository, sibling, this.#signal);
            return target?.digest === digest;
          } catch (error) {
            asCoreError(error);
            return false;
          }
        }),
      ),
    );
    return siblings.filter((_, index) => there[index]);
  }

  async #record(tags: readonly string[], state: JournalItem['state']): Promise<void> {
    for (const tag of tags) await toleratingDisk(() => this.#operation.update(tag, { state }));
  }

  async #remove({ tag, method, digest }: DeletableTag): Promise<Removal> {
    try {
      throwIfCancelled(this.#signal);
      const target = await resolveTag(this.#provider.client, this.#repository, tag, this.#signal);
      if (!target) return { state: 'deleted' };
      if (target.digest !== digest) return { state: 'kept', error: moved(tag) };
    } catch (error) {
      return { state: 'kept', error: asCoreError(error) };
    }
    if (method !== 'dummyManifest') {
      const removal = await this.#remover.deleteReference(tag, method === 'digest' ? digest : tag, digest);
      return this.#nameWhatIsMissing(removal, method === 'digest' ? 'deleteByDigest' : 'deleteByTag');
    }
    return this.#remover.deleteThroughDummy(tag, this.#manifests.get(digest)!, (dummyDigest) =>
      this.#operation.update(tag, { dummyDigest }),
    );
  }

  /** A refusal that says no more than that gets the permission that the maker asks for. */
  #nameWhatIsMissing(removal: Removal, capability: 'deleteByTag' | 'deleteByDigest'): Removal {
    const missing = this.#provider.permissions?.[capability];
    if (removal.state !== 'kept' || missing === undefined || !isCoreError(removal.error, 'forbidden')) {
      return removal;
    }
    if (removal.error.details.reason !== undefined) return removal;
    const error = withKind(removal.error, 'forbidden', { reason: 'missingPermission', missing });
    return { state: 'kept', error };
  }
}

/** The bytes to keep. A digest that cannot be read spares its tags. */
async function readManifests(
  provider: RegistryProvider,
  repository: string,
  deletable: readonly DeletableTag[],
  signal: AbortSignal,
): Promise<{
  readonly manifests: ReadonlyMap<Digest, Manifest>;
  readonly failures: ReadonlyMap<Digest, CoreError>;
}> {
  const manifests = new Map<Digest, Manifest>();
  const failures = new Map<Digest, CoreError>();
  for (const digest of new Set(deletable.map((planned) => planned.digest))) {
    try {
      throwIfCancelled(signal);
      manifests.set(digest, await provider.client.getManifest(repository, digest, signal));
    } catch (error) {
      failures.set(digest, asCoreError(error));
    }
  }
  return { manifests, failures };
}

/** Everything that will go, siblings taken by method `digest` too, each tag once. */
function journalItems(deletable: readonly DeletableTag[]): JournalItem[] {
  const items = new Map<string, JournalItem>();
  for (const { tag, method, digest, mediaType, siblings } of deletable) {
    for (const name of method === 'digest' ? [tag, ...siblings] : [tag]) {
      items.set(name, { tag: name, digest, mediaType, state: 'pending' });
    }
  }
  return [...items.values()];
}

/** The bytes to undo with are on disk already: a disk that fills up now must not stop what has begun. */
async function toleratingDisk(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isCoreError(error, 'disk')) throw error;
  }
}

function whyNot(planned: PlannedTag, failures: ReadonlyMap<Digest, CoreError>): CoreError {
  return planned.method === 'impossible'
    ? refused(planned.tag, planned.reason)
    : failures.get(planned.digest)!;
}

function kept(tag: string, error: CoreError): TagOutcome {
  return { state: 'kept', error, tag, alsoDeleted: [], siblingsRestored: [], siblingsUnverified: [] };
}
