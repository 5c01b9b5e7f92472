/** After a crash or a closed window in the middle of a deletion: no tag stays on a dummy manifest. */
import type { RegistryProvider } from '../providers/RegistryProvider.ts';
import type { Journal, JournalOperation } from './Journal.ts';
import { resolveTag } from './resolveTag.ts';
import { cancelledError } from '../registry/transport/cancellation.ts';
import { TagRemover } from './TagRemover.ts';

/**
 * Settles an operation the journal lists as `interrupted`, or one with items `unknown`: finds out what became of each
 * open item, and puts tags that are on a dummy manifest back on theirs.
 * @param provider of the connection the operation names.
 * @throws CoreError when the registry cannot be asked; try again later.
 */
export async function recoverInterrupted(
  provider: RegistryProvider,
  operation: JournalOperation,
  { journal, signal }: { readonly journal: Journal; readonly signal: AbortSignal },
): Promise<void> {
  const { repository } = operation;
  const running = await journal.reopen(operation.id);
  const remover = new TagRemover({ client: provider.client, repository, signal });
  for (const { tag, state, digest, mediaType, dummyDigest } of running.items) {
    if (state !== 'pending' && state !== 'unknown') continue;
    const target = await resolveTag(provider.client, repository, tag, signal);
    if (operation.kind === 'retag' || operation.kind === 'copy') {
      await running.update(tag, { state: target?.digest === digest ? 'done' : 'kept' });
    } else if (target && target.digest === dummyDigest) {
      const bytes = await journal.readManifest(digest);
      const removal = await remover.settle(tag, { digest, mediaType, bytes }, dummyDigest, cancelledError());
      if (removal.state === 'unknown') throw removal.error;
      await running.update(tag, { state: removal.state === 'deleted' ? 'done' : 'kept' });
    } else {
      await running.update(tag, { state: target ? 'kept' : 'done' });
    }
  }
  await running.finish();
}
