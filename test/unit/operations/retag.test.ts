import assert from 'node:assert/strict';
import { retag } from '../../../src/core/operations/retag.ts';
import { undoRetag } from '../../../src/core/operations/undoRetag.ts';
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

describe('retag', () => {
  it('adds a tag on the same digest without touching a blob, and undo removes only that tag', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
    const image = buildTinyImage('app');
    const { digest } = image.descriptor;
    await push(provider, image, 'v1');
    registry.requests.length = 0;

    const result = await retag(
      provider,
      { repository: REPOSITORY, source: 'v1', targetTag: 'stable' },
      options,
    );

    assert.equal(result.digest, digest);
    assert.ok(registry.requests.every(({ path }) => !path.includes('/blobs/')));
    assert.deepEqual(await readTags(provider, ['v1', 'stable']), { v1: digest, stable: digest });

    await undoRetag(provider, (await kept.journal.get(result.operationId!))!, options);
    assert.deepEqual(await readTags(provider, ['v1', 'stable']), { v1: digest });
    assert.equal((await kept.journal.get(result.operationId!))?.state, 'undone');
  });

  it('moves an existing tag only when told, and undo moves it back', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
    const [old, newer] = [buildTinyImage('old'), buildTinyImage('new')];
    await push(provider, old, 'latest');
    await push(provider, newer, 'v2');
    const request = { repository: REPOSITORY, source: 'v2', targetTag: 'latest' };

    await assert.rejects(
      retag(provider, request, options),
      (error: { kind?: string; details?: { reason?: string } }) => {
        assert.deepEqual([error.kind, error.details?.reason], ['conflict', 'tagExists']);
        return true;
      },
    );
    assert.deepEqual(await kept.journal.list(), []);

    const { previousDigest, operationId } = await retag(provider, { ...request, overwrite: true }, options);
    assert.equal(previousDigest, old.descriptor.digest);
    assert.deepEqual(await readTags(provider, ['latest']), { latest: newer.descriptor.digest });
    await undoRetag(provider, (await kept.journal.get(operationId!))!, options);
    assert.deepEqual(await readTags(provider, ['latest']), { latest: old.descriptor.digest });
  });

  it('sends nothing when the tag is there already, and refuses a source that moved or a bad tag', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
    const [image, other] = [buildTinyImage('app'), buildTinyImage('other')];
    await push(provider, image, 'v1', 'latest');
    registry.requests.length = 0;
    const same = await retag(
      provider,
      { repository: REPOSITORY, source: 'v1', targetTag: 'latest' },
      options,
    );
    assert.equal(same.operationId, undefined);
    assert.ok(registry.requests.every(({ method }) => method !== 'PUT'));

    const request = {
      repository: REPOSITORY,
      source: 'v1',
      targetTag: 'v2',
      expectedDigest: other.descriptor.digest,
    };
    await assert.rejects(retag(provider, request, options), { kind: 'conflict' });
    await assert.rejects(retag(provider, { ...request, targetTag: '../x' }, options), {
      kind: 'invalidInput',
    });
  });

  it('refuses to undo when the tag has moved on', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
    await push(provider, buildTinyImage('app'), 'v1');
    const { operationId } = await retag(
      provider,
      { repository: REPOSITORY, source: 'v1', targetTag: 'v2' },
      options,
    );
    const other = buildTinyImage('other');
    await push(provider, other, 'v2');
    await assert.rejects(undoRetag(provider, (await kept.journal.get(operationId!))!, options), {
      kind: 'conflict',
    });
    assert.deepEqual(await readTags(provider, ['v2']), { v2: other.descriptor.digest });
  });
});
