import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { planDeletion } from '../../../src/core/operations/planDeletion.ts';
import { deleteTags } from '../../../src/core/operations/deleteTags.ts';
import { Journal } from '../../../src/core/operations/Journal.ts';
import { undoDelete } from '../../../src/core/operations/undoDelete.ts';
import { MemoryRegistry } from '../../support/memoryRegistry.ts';
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

describe('deleteTags', () => {
  it('spares a tag that moved since the plan, and goes on with the others', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('old'), 'v1', 'v2');
    const plan = await planDeletion(provider, REPOSITORY, ['v1', 'v2'], neverCancelled());
    const moved = buildTinyImage('new');
    await push(provider, moved, 'v1');

    const { outcomes } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: neverCancelled(),
    });

    const [first, second] = outcomes;
    assert.ok(first?.state === 'kept');
    assert.deepEqual([first.error.kind, first.error.details.reason], ['conflict', 'tagMoved']);
    assert.equal(second?.state, 'deleted');
    assert.deepEqual(await readTags(provider, ['v1', 'v2']), { v1: moved.descriptor.digest });
  });

  it('has the bytes on disk before the first DELETE is sent', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const image = buildTinyImage('app');
    await push(provider, image, 'v1');
    const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
    let reading: Promise<Uint8Array> | undefined;
    registry.options = {
      deletes: 'tag',
      faultFor: ({ method }) => {
        if (method === 'DELETE') reading ??= kept.journal.readManifest(image.descriptor.digest);
        return 'ok';
      },
    };
    await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: neverCancelled(),
    });
    assert.deepEqual(await reading, image.bytes);
  });

  it('deletes nothing when the journal cannot be written', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('app'), 'v1');
    const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
    const directory = join(kept.directory, 'a-file');
    await writeFile(directory, '');
    await assert.rejects(
      deleteTags(provider, plan, {
        journal: new Journal({ directory, logger: nullLogger }),
        connectionId: CONNECTION_ID,
        signal: neverCancelled(),
      }),
      { kind: 'disk' },
    );
    assert.deepEqual(Object.keys(await readTags(provider, ['v1'])), ['v1']);
  });

  it('puts siblings back that a registry took along', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag', tagDeleteTakesSiblings: true });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'v2');
    const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
    const { outcomes } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: neverCancelled(),
    });
    assert.deepEqual(outcomes[0]?.siblingsRestored, ['v2']);
    assert.deepEqual(await readTags(provider, ['v1', 'v2']), { v2: image.descriptor.digest });
  });

  it('takes the planned siblings by digest, and undo brings all of them back', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url, 'none');
    await using kept = await createTestJournal();
    const { journal } = kept;
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'v2', 'v3');
    const plan = await planDeletion(provider, REPOSITORY, ['v1', 'v2'], neverCancelled());
    const { outcomes, operationId } = await deleteTags(provider, plan, {
      journal,
      connectionId: CONNECTION_ID,
      signal: neverCancelled(),
    });
    assert.deepEqual(
      outcomes.map(({ state, alsoDeleted }) => [state, alsoDeleted]),
      [
        ['deleted', ['v2', 'v3']],
        ['deleted', []],
      ],
    );
    assert.deepEqual(await readTags(provider, ['v1', 'v2', 'v3']), {});
    await undoDelete(provider, (await journal.get(operationId!))!, { journal, signal: neverCancelled() });
    assert.deepEqual(Object.keys(await readTags(provider, ['v1', 'v2', 'v3'])), ['v1', 'v2', 'v3']);
  });

  it('stops between tags when cancelled', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('app'), 'v1', 'v2', 'v3');
    const plan = await planDeletion(provider, REPOSITORY, ['v1', 'v2', 'v3'], neverCancelled());
    const cancel = new AbortController();
    const { outcomes } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: cancel.signal,
      onProgress: ({ tag }) => {
        if (tag === 'v2') cancel.abort();
      },
    });
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.state === 'deleted' ? 'deleted' : outcome.error.kind)),
      ['deleted', 'cancelled', 'cancelled'],
    );
    assert.deepEqual(Object.keys(await readTags(provider, ['v1', 'v2', 'v3'])), ['v2', 'v3']);
  });

  it('gives up on Cancel while the registry hangs, and admits not to know', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('app'), 'v1');
    const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
    const cancel = new AbortController();
    let isCancelled = false;
    registry.options = {
      deletes: 'tag',
      faultFor: ({ method }) => {
        if (method !== 'DELETE' && !isCancelled) return 'ok';
        isCancelled = true;
        cancel.abort();
        return 'hang';
      },
    };
    const { outcomes, operationId } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: cancel.signal,
    });
    assert.equal(outcomes[0]?.state, 'unknown');
    assert.equal((await kept.journal.get(operationId!))?.items[0]?.state, 'unknown');
  });

  it('leaves the tag alone when delete by digest was disabled after the plan', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('app'), 'v1');
    const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
    registry.options = { deletes: 'none' };
    registry.requests.length = 0;
    const { outcomes } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal: neverCancelled(),
    });
    const [outcome] = outcomes;
    assert.equal(outcome?.state === 'kept' && outcome.error.details.reason, 'deleteDisabled');
    assert.ok(registry.requests.every(({ method }) => method !== 'PUT'));
  });
});
