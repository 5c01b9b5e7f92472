/** Work on operations of many registries, none of which waits for another that does not answer. */
import type { JournalOperation } from './Journal.ts';

/** Those of one connection one after the other, in order; all connections at once. `work` must not throw. */
export async function forEachByConnection<Operation extends Pick<JournalOperation, 'connectionId'>>(
  operations: readonly Operation[],
  work: (operation: Operation) => Promise<void>,
): Promise<void> {
  const groups = Map.groupBy(operations, ({ connectionId }) => connectionId);
  await Promise.all(
    [...groups.values()].map(async (group) => {
      for (const operation of group) await work(operation);
    }),
  );
}
