import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planDeletion } from '../../../src/core/operations/planDeletion.ts';
import { deleteTags } from '../../../src/core/operations/deleteTags.ts';
import { undoDelete } from '../../../src/core/operations/undoDelete.ts';
import { MemoryRegistry } from '../../support/memoryRegistry.ts';
import type { Fault } from '../../support/memoryRegistry.ts';
import {
  buildTinyImage,
  CONNECTION_ID,
  createTestJournal,
  createTestProvider,
  neverCancelled,
  push,
  readTags,
  REPOSITORY,
} from './operationsFixture.ts';

const fault = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>('ok') },
  { weight: 2, arbitrary: fc.constantFrom<Fault>('reset', 'lostReply', 'busy', 'refused') },
);

describe('deleteTags under faults', function () {
  this.timeout(120_000);

  it('leaves a tag where it was or gone, its siblings untouched, and undo brings the same bytes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          deletes: fc.constantFrom('tag' as const, 'digest' as const),
          faults: fc.array(fault, { maxLength: 16 }),
          cancelAtRequest: fc.option(fc.nat(10), { freq: 3 }),
          // From the first request, or from the one that takes the tag off its manifest.
          beginAtChange: fc.boolean(),
        }),
        async ({ deletes, faults, cancelAtRequest, beginAtChange }) => {
          await using registry = await MemoryRegistry.start({ deletes });
          await using provider = createTestProvider(registry.url);
          await using kept = await createTestJournal();
          const image = buildTinyImage('app');
          const { digest } = image.descriptor;
          await push(provider, image, 'v1', 'v2', 'latest');
          const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
          const cancel = new AbortController();
          let count = 0;
          let hasBegun = !beginAtChange;
          registry.options = {
            deletes,
            faultFor: ({ method, path }) => {
              hasBegun ||= (method === 'PUT' || method === 'DELETE') && path.endsWith('/manifests/v1');
              if (!hasBegun) return 'ok';
              if (count === cancelAtRequest) cancel.abort();
              return faults[count++] ?? 'ok';
            },
          };

          const { outcomes, operationId } = await deleteTags(provider, plan, {
            journal: kept.journal,
            connectionId: CONNECTION_ID,
            signal: cancel.signal,
            retryDelayMs: 1,
          });

          registry.options = { deletes };
          const tags = registry.repository(REPOSITORY).tags;
          assert.ok(
            [undefined, digest].includes(tags.get('v1') as typeof digest),
            `v1 is on ${tags.get('v1')}`,
          );
          assert.deepEqual([tags.get('v2'), tags.get('latest')], [digest, digest]);
          const state = outcomes[0]?.state;
          if (state === 'deleted') assert.equal(tags.get('v1'), undefined);
          if (state === 'kept') assert.equal(tags.get('v1'), digest);

          const operation = operationId === undefined ? undefined : await kept.journal.get(operationId);
          if (operation)
            await undoDelete(provider, operation, { journal: kept.journal, signal: neverCancelled() });
          assert.deepEqual(await readTags(provider, ['v1', 'v2', 'latest']), {
            v1: digest,
            v2: digest,
            latest: digest,
          });
          const restored = registry.repository(REPOSITORY).manifests.get(digest);
          assert.deepEqual(restored?.bytes, image.bytes);
          assert.equal(restored?.mediaType, image.descriptor.mediaType);
        },
      ),
      { numRuns: 80 },
    );
  });
});
