/** Takes a retag or a copy back: each tag returns to what it was on, or goes if it was new. */
import { CoreError } from '../common/CoreError.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { throwIfCancelled } from '../registry/transport/cancellation.ts';
import { planDeletion } from './planDeletion.ts';
import { deleteTags } from './deleteTags.ts';
import type { JournalItem, JournalOperation } from './Journal.ts';
import { putManifestBack } from './putManifestBack.ts';
import { resolveTag } from './resolveTag.ts';
import { asCoreError, moved } from './TagRemover.ts';
import type { UndoOptions } from './undoDelete.ts';

/**
 * What came without a tag stays, unseen, until the registry collects its garbage.
 * @throws CoreError of the first tag that could not be put back, the others are: `conflict` with reason `tagMoved` when it
 *   is no longer where the operation put it; `notFound` with reason `garbageCollected`. What failed can be tried again.
 */
export async function undoRetag(
  provider: RegistryProvider,
  operation: JournalOperation,
  options: Omit<UndoOptions, 'overwrite'>,
): Promise<void> {
  if ((operation.kind !== 'retag' && operation.kind !== 'copy') || operation.items.length === 0) {
    throw new CoreError('invalidInput', 'not a retag or copy', { subject: operation.id });
  }
  const running = await options.journal.reopen(operation.id);
  let failure: CoreError | undefined;
  for (const item of running.items) {
    if (item.state !== 'done') continue;
    try {
      throwIfCancelled(options.signal);
      if (item.tag !== item.digest) await putTagBack(provider, operation, item, options);
      await running.update(item.tag, { state: 'undone' });
    } catch (error) {
      failure ??= asCoreError(error);
    }
  }
  await running.finish();
  if (failure) throw failure;
}

async function putTagBack(
  provider: RegistryProvider,
  { repository, connectionId }: JournalOperation,
  item: JournalItem,
  { journal, signal }: Omit<UndoOptions, 'overwrite'>,
): Promise<void> {
  const { tag, digest, previousDigest, previousMediaType } = item;
  const target = await resolveTag(provider.client, repository, tag, signal);
  if (target && target.digest !== digest && target.digest !== previousDigest) throw moved(tag);
  if (previousDigest === undefined) {
    if (target) await deleteNewTag();
  } else if (target?.digest !== previousDigest) {
    const bytes = await journal.readManifest(previousDigest);
    const previous = { digest: previousDigest, mediaType: previousMediaType ?? item.mediaType, bytes };
    await putManifestBack(provider.client, repository, tag, previous, signal);
  }

  async function deleteNewTag(): Promise<void> {
    const plan = await planDeletion(provider, repository, [tag], signal);
    if (plan.alsoDeleted.length > 0) {
      throw new CoreError('unsupported', 'only the whole image can be deleted here', {
        subject: tag,
        reason: 'takesSiblings',
      });
    }
    const { outcomes } = await deleteTags(provider, plan, { journal, connectionId, signal });
    const outcome = outcomes[0];
    if (outcome && outcome.state !== 'deleted') throw outcome.error;
  }
}
