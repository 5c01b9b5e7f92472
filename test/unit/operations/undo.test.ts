import assert from 'node:assert/strict';
import { planDeletion } from '../../../src/core/operations/planDeletion.ts';
import { deleteTags } from '../../../src/core/operations/deleteTags.ts';
import { createDummyManifest } from '../../../src/core/oci/createDummyManifest.ts';
import type { Journal, JournalOperation } from '../../../src/core/operations/Journal.ts';
import { recoverInterrupted } from '../../../src/core/operations/recoverInterrupted.ts';
import { undoDelete } from '../../../src/core/operations/undoDelete.ts';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
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

async function deleteNow(
  provider: RegistryProvider,
  journal: Journal,
  ...tags: string[]
): Promise<JournalOperation> {
  const plan = await planDeletion(provider, REPOSITORY, tags, neverCancelled());
  const options = { journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
  const { operationId } = await deleteTags(provider, plan, options);
  return (await journal.get(operationId!))!;
}

describe('undoDelete', () => {
  it('brings tags back and marks the operation as undone', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const { journal } = kept;
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'v2');
    const operation = await deleteNow(provider, journal, 'v1', 'v2');
    await push(provider, image, 'v2');
    const outcomes = await undoDelete(provider, operation, { journal, signal: neverCancelled() });
    assert.deepEqual(outcomes, [
      { tag: 'v1', state: 'restored' },
      { tag: 'v2', state: 'alreadyThere' },
    ]);
    assert.equal((await journal.get(operation.id))?.state, 'undone');
    assert.deepEqual(await undoDelete(provider, operation, { journal, signal: neverCancelled() }), []);
  });

  it('leaves a tag that is in use again, unless told; then what it was on can be had back too', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const { journal } = kept;
    const [old, newer] = [buildTinyImage('old'), buildTinyImage('new')];
    await push(provider, old, 'v1');
    const operation = await deleteNow(provider, journal, 'v1');
    await push(provider, newer, 'v1');

    const refused = await undoDelete(provider, operation, { journal, signal: neverCancelled() });
    assert.deepEqual(refused, [{ tag: 'v1', state: 'occupied' }]);
    assert.deepEqual(await readTags(provider, ['v1']), { v1: newer.descriptor.digest });

    await undoDelete(provider, operation, { journal, signal: neverCancelled(), overwrite: true });
    assert.deepEqual(await readTags(provider, ['v1']), { v1: old.descriptor.digest });
    const moved = (await journal.list()).find(({ kind }) => kind === 'retag');
    assert.equal(moved?.items[0]?.previousDigest, newer.descriptor.digest);
    assert.deepEqual(await journal.readManifest(newer.descriptor.digest), newer.bytes);
  });

  it('says that the registry collected the layers, and can be tried again', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const { journal } = kept;
    const image = buildTinyImage('app');
    await push(provider, image, 'v1');
    const operation = await deleteNow(provider, journal, 'v1');
    const blobs = new Map(registry.repository(REPOSITORY).blobs);
    registry.repository(REPOSITORY).blobs.clear();
    registry.repository(REPOSITORY).manifests.clear();

    const [failed] = await undoDelete(provider, operation, { journal, signal: neverCancelled() });
    assert.deepEqual(
      [failed?.state, failed?.error?.kind, failed?.error?.details.reason],
      ['failed', 'notFound', 'garbageCollected'],
    );

    for (const [digest, bytes] of blobs) registry.repository(REPOSITORY).blobs.set(digest, bytes);
    const [again] = await undoDelete(provider, operation, { journal, signal: neverCancelled() });
    assert.equal(again?.state, 'restored');
  });
});

describe('recoverInterrupted', () => {
  it('takes a tag off the dummy manifest a dead process left it on', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const { journal } = kept;
    const image = buildTinyImage('app');
    const { digest, mediaType } = image.descriptor;
    await push(provider, image, 'v1', 'v2', 'v3');
    const dummy = createDummyManifest();
    const items = ['v1', 'v2', 'v3'].map((tag) => ({ tag, digest, mediaType, state: 'pending' as const }));
    const running = await journal.begin(
      { kind: 'delete', connectionId: CONNECTION_ID, registry: 'r', repository: REPOSITORY, items },
      [{ digest, bytes: image.bytes }],
    );
    await running.update('v1', { dummyDigest: dummy.digest });
    await provider.client.uploadBlob(REPOSITORY, dummy.config, neverCancelled());
    await provider.client.putManifest(REPOSITORY, 'v1', dummy.mediaType, dummy.bytes, neverCancelled());
    registry.repository(REPOSITORY).tags.delete('v2');

    await recoverInterrupted(provider, (await journal.get(running.id))!, {
      journal,
      signal: neverCancelled(),
    });

    assert.deepEqual(await readTags(provider, ['v1', 'v2', 'v3']), { v1: digest, v3: digest });
    const settled = await journal.get(running.id);
    assert.equal(settled?.state, 'finished');
    assert.deepEqual(
      settled.items.map(({ state }) => state),
      ['kept', 'done', 'kept'],
    );
  });
});
