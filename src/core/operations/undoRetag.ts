/** Takes a retag back: the tag returns to what it was on, or goes if it was new. */
import { CoreError } from '../common/CoreError.ts';
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import { planDeletion } from './DeletePlan.ts';
import { deleteTags } from './deleteTags.ts';
import type { JournalOperation } from './Journal.ts';
import { putManifestBack } from './putManifestBack.ts';
import { resolveTag } from './resolveTag.ts';
import { moved } from './TagRemover.ts';
import type { UndoOptions } from './undoDelete.ts';

/** @throws CoreError `conflict` with reason `tagMoved` when the tag is no longer where the retag put it. */
export async function undoRetag(
  provider: RegistryProvider,
  operation: JournalOperation,
  { journal, signal }: Omit<UndoOptions, 'overwrite'>,
): Promise<void> {
  const { repository, connectionId } = operation;
  const item = operation.items[0];
  if (operation.kind !== 'retag' || !item) {
    throw new CoreError('invalidInput', 'not a retag', { subject: operation.id });
  }
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
  const running = await journal.reopen(operation.id);
  await running.update(tag, { state: 'undone' });
  await running.finish();

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
