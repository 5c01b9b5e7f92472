/** Puts deleted tags back: the same bytes under the same names. */
import pLimit from 'p-limit';
import { CoreError } from '../common/CoreError.ts';
import { isIndexType } from '../oci/mediaType.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { throwIfCancelled } from '../registry/transport/cancellation.ts';
import type { Journal, JournalItem, JournalOperation } from './Journal.ts';
import { putManifestBack } from './putManifestBack.ts';
import { resolveTag } from './resolveTag.ts';
import { moveTag } from './retag.ts';
import { asCoreError } from './TagRemover.ts';

export interface UndoOptions {
  readonly journal: Journal;
  readonly signal: AbortSignal;
  /** Take back tags that are on something else by now; what they are on goes into the journal first. */
  readonly overwrite?: boolean;
}

export interface UndoOutcome {
  readonly tag: string;
  /** `occupied`: the tag is on another digest now and was left there; ask, then undo again with `overwrite`. */
  readonly state: 'restored' | 'alreadyThere' | 'occupied' | 'failed';
  /** For `failed`: `notFound` with reason `garbageCollected` when the registry no longer has the layers. */
  readonly error?: CoreError;
}

const CONCURRENCY = 4;

/**
 * Failures are per tag, in the outcomes. Deleted tags that could not be put back can be tried again.
 * @param provider of the connection the operation names.
 */
export async function undoDelete(
  provider: RegistryProvider,
  operation: JournalOperation,
  options: UndoOptions,
): Promise<UndoOutcome[]> {
  if (operation.kind !== 'delete' && operation.kind !== 'cleanUp')
    throw new CoreError('invalidInput', 'not a deletion', { subject: operation.id });
  const running = await options.journal.reopen(operation.id);
  const open = running.items.filter(({ state }) => state !== 'kept' && state !== 'undone');
  const limit = pLimit(CONCURRENCY);
  const outcomes = new Map<string, UndoOutcome>();
  const putBack = (items: readonly JournalItem[]): Promise<unknown> =>
    Promise.all(
      items.map((item) =>
        limit(async () => {
          const outcome = await putItemBack(provider, operation, item, options);
          if (outcome.state === 'restored' || outcome.state === 'alreadyThere') {
            await running.update(item.tag, { state: 'undone' });
          }
          outcomes.set(item.tag, outcome);
        }),
      ),
    );
  // A registry takes an index only when what it lists is there.
  await putBack(open.filter(({ mediaType }) => !isIndexType(mediaType)));
  await putBack(open.filter(({ mediaType }) => isIndexType(mediaType)));
  await running.finish();
  return open.map(({ tag }) => outcomes.get(tag)!);
}

async function putItemBack(
  provider: RegistryProvider,
  { repository, connectionId }: JournalOperation,
  { tag, digest, mediaType, dummyDigest }: JournalItem,
  { journal, signal, overwrite }: UndoOptions,
): Promise<UndoOutcome> {
  try {
    throwIfCancelled(signal);
    const target = await resolveTag(provider.client, repository, tag, signal);
    if (target?.digest === digest) return { tag, state: 'alreadyThere' };
    const bytes = await journal.readManifest(digest);
    const manifest = { digest, mediaType, bytes };
    if (!target || target.digest === dummyDigest) {
      await putManifestBack(provider.client, repository, tag, manifest, signal);
    } else if (overwrite === true) {
      await moveTag(provider, repository, tag, manifest, target, { journal, connectionId, signal });
    } else {
      return { tag, state: 'occupied' };
    }
    return { tag, state: 'restored' };
  } catch (error) {
    return { tag, state: 'failed', error: asCoreError(error) };
  }
}
