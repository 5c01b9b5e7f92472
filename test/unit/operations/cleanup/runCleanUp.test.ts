import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { buildIndex } from '../../../../scripts/samples/buildIndex.ts';
import { CoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import type { BuiltManifest } from '../../../../scripts/samples/buildArtifact.ts';
import { planCleanUp } from '../../../../src/core/operations/cleanup/planCleanUp.ts';
import {
  resumeCleanUp,
  runCleanUp,
  settleInterruptedCleanUp,
} from '../../../../src/core/operations/cleanup/runCleanUp.ts';
import type { CleanUpOptions, CleanUpRequest } from '../../../../src/core/operations/cleanup/runCleanUp.ts';
import { Journal } from '../../../../src/core/operations/Journal.ts';
import { undoDelete } from '../../../../src/core/operations/undoDelete.ts';
import type { RegistryProvider } from '../../../../src/core/providers/RegistryProvider.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import { startOlareg } from '../../../support/servers/olareg.ts';
import {
  buildTinyImage,
  CONNECTION_ID,
  createTestJournal,
  createTestProvider,
  neverCancelled,
  push,
  readTags,
  REPOSITORY,
} from '../operationsFixture.ts';
import { NOW, rules } from './cleanUpFixture.ts';

/** What a plan by `pattern` deletes. */
async function requestFor(provider: RegistryProvider, pattern: string): Promise<CleanUpRequest> {
  const { entries } = await planCleanUp(provider, REPOSITORY, rules({ tags: pattern }), neverCancelled(), {
    now: NOW,
  });
  return {
    repository: REPOSITORY,
    rules: 'test',
    targets: entries.flatMap(({ action, name, digest, mediaType = '' }) =>
      action === 'delete' && digest ? [{ name, digest, mediaType }] : [],
    ),
    staying: entries.filter(({ action }) => action === 'keep'),
  };
}

const optionsFor = (journal: Journal, more: Partial<CleanUpOptions> = {}): CleanUpOptions => ({
  journal,
  connectionId: CONNECTION_ID,
  signal: neverCancelled(),
  retryDelayMs: 1,
  ...more,
});

async function listNames(provider: RegistryProvider): Promise<string[]> {
  const { items } = await provider.listTags(REPOSITORY, undefined, neverCancelled());
  return items.map(({ name }) => name).sort();
}

async function undo(provider: RegistryProvider, journal: Journal, id: string) {
  const operation = (await journal.get(id))!;
  return undoDelete(provider, operation, { journal, signal: neverCancelled() });
}

describe('runCleanUp', () => {
  it('deletes 100 tags whose siblings stay in three requests a tag, and undoes all of it', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const images = Array.from({ length: 100 }, (_, number) => buildTinyImage(`image ${number}`));
    for (const [number, image] of images.entries())
      await push(provider, image, `old-${number}`, `kept-${number}`);
    const request = await requestFor(provider, 'old-*');
    registry.requests.length = 0;
    const { operationId, outcomes } = await runCleanUp(provider, request, optionsFor(kept.journal));
    assert.ok(outcomes.every(({ state }) => state === 'deleted'));
    // Two more find out how this registry deletes.
    assert.ok(registry.requests.length <= 3 * 100 + 2, `${registry.requests.length} requests`);
    assert.deepEqual(await listNames(provider), images.map((_, number) => `kept-${number}`).sort());
    const operation = await kept.journal.get(operationId);
    assert.deepEqual([operation?.kind, operation?.rules, operation?.state], ['cleanUp', 'test', 'finished']);
    const undone = await undo(provider, kept.journal, operationId);
    assert.ok(undone.every(({ state }) => state === 'restored'));
    assert.equal((await listNames(provider)).length, 200);
    assert.equal((await kept.journal.get(operationId))?.state, 'undone');
  });

  it('has the bytes of every tag on disk before its DELETE is sent', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const digests = new Map<string, BuiltManifest['descriptor']['digest']>();
    for (let number = 0; number < 60; number++) {
      const image = buildTinyImage(`image ${number}`);
      digests.set(`t${number}`, image.descriptor.digest);
      await push(provider, image, `t${number}`);
    }
    const request = await requestFor(provider, '*');
    const readings: Promise<Uint8Array>[] = [];
    registry.options = {
      deletes: 'tag',
      faultFor: ({ method, path }) => {
        const digest = digests.get(path.replace(/^.*\//, ''));
        if (method === 'DELETE' && digest) readings.push(kept.journal.readManifest(digest));
        return 'ok';
      },
    };
    await runCleanUp(provider, request, optionsFor(kept.journal));
    assert.equal((await Promise.all(readings)).length, 60);
  });

  it('skips a tag that moved since it was shown, and takes one that is gone as gone', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('a'), 'a', 'b', 'c');
    const request = await requestFor(provider, '*');
    await push(provider, buildTinyImage('new'), 'b');
    await provider.client.deleteManifest(REPOSITORY, 'c', neverCancelled());
    const { outcomes } = await runCleanUp(provider, request, optionsFor(kept.journal));
    const states = new Map(
      outcomes.map((outcome) => [
        outcome.name,
        outcome.state === 'kept' ? outcome.error.details.reason : outcome.state,
      ]),
    );
    assert.deepEqual(Object.fromEntries(states), { a: 'deleted', b: 'tagMoved', c: 'deleted' });
    assert.deepEqual(await listNames(provider), ['b']);
  });

  it('stops at a registry that takes siblings along, and puts them back', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag', tagDeleteTakesSiblings: true });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const image = buildTinyImage('app');
    await push(provider, image, 'old', 'v1', 'v2');
    for (let number = 0; number < 60; number++)
      await push(provider, buildTinyImage(`${number}`), `older-${number}`);
    const request = await requestFor(provider, 'old*');
    const { outcomes, siblingsRestored } = await runCleanUp(provider, request, optionsFor(kept.journal));
    assert.deepEqual([...siblingsRestored].sort(), ['v1', 'v2']);
    assert.deepEqual(await readTags(provider, ['v1', 'v2']), {
      v1: image.descriptor.digest,
      v2: image.descriptor.digest,
    });
    const [{ error } = { error: undefined }] = outcomes.filter((outcome) => outcome.state === 'kept');
    assert.equal(error?.details.reason, 'takesSiblings');
    assert.ok((await listNames(provider)).length > 20, 'the rest was left');
  });

  it('spares what is left at Cancel, and can undo what went', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    for (let number = 0; number < 60; number++)
      await push(provider, buildTinyImage(`${number}`), `t${number}`);
    const cancel = new AbortController();
    const { operationId, outcomes } = await runCleanUp(
      provider,
      await requestFor(provider, '*'),
      optionsFor(kept.journal, {
        signal: cancel.signal,
        onProgress: ({ done }) => done === 10 && cancel.abort(),
      }),
    );
    const deleted = outcomes.filter(({ state }) => state === 'deleted').length;
    assert.equal(outcomes.length, 60);
    assert.ok(deleted >= 10 && deleted < 48, `${deleted} deleted`);
    assert.equal((await listNames(provider)).length, 60 - deleted);
    await undo(provider, kept.journal, operationId);
    assert.equal((await listNames(provider)).length, 60);
  });

  it('deletes nothing when the journal cannot be written', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    await push(provider, buildTinyImage('a'), 'a');
    const request = await requestFor(provider, '*');
    const broken = new Proxy(kept.journal, {
      get: (target, key) =>
        key === 'begin'
          ? async (...args: Parameters<Journal['begin']>) => {
              const operation = await target.begin(...args);
              operation.keep = () => Promise.reject(new CoreError('disk', 'full'));
              return operation;
            }
          : (Reflect.get(target, key) as unknown),
    });
    const { outcomes } = await runCleanUp(provider, request, optionsFor(broken));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.state === 'kept' && outcome.error.kind),
      ['disk'],
    );
    assert.deepEqual(await listNames(provider), ['a']);
  });

  it('looks again for tags of an image where a DELETE takes them all', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url, 'none');
    await using kept = await createTestJournal();
    const [a, b] = [buildTinyImage('a'), buildTinyImage('b')];
    await push(provider, a, 'a-1', 'a-2');
    await push(provider, b, 'b-1');
    const request = await requestFor(provider, '*-*');
    await push(provider, b, 'new');
    const { outcomes } = await runCleanUp(provider, request, optionsFor(kept.journal));
    assert.deepEqual(Object.fromEntries(outcomes.map((outcome) => [outcome.name, outcome.state])), {
      'a-1': 'deleted',
      'a-2': 'deleted',
      'b-1': 'kept',
    });
    assert.deepEqual(await listNames(provider), ['b-1', 'new']);
  });

  it('deletes the manifest too when its last tag went, but not one that got a new tag', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using plain = createTestProvider(registry.url);
    const provider = { ...plain, capabilities: { ...plain.capabilities, reclaims: 'manual' as const } };
    await using kept = await createTestJournal();
    const [a, b, child] = [buildTinyImage('a'), buildTinyImage('b'), buildTinyImage('child')];
    await push(provider, a, 'a-1', 'a-2');
    await push(provider, b, 'b-1');
    await push(provider, buildIndex([child]), 'c-1');
    const request = await requestFor(provider, '*-*');
    let isPushed = false;
    const { operationId } = await runCleanUp(
      provider,
      request,
      optionsFor(kept.journal, {
        onProgress: () => {
          // Somebody tags it at this very moment.
          if (!isPushed) registry.repository(REPOSITORY).tags.set('new', b.descriptor.digest);
          isPushed = true;
        },
      }),
    );
    const { manifests } = registry.repository(REPOSITORY);
    assert.equal(manifests.has(a.descriptor.digest), false);
    assert.equal(manifests.has(b.descriptor.digest), true);
    assert.deepEqual(await listNames(provider), ['new']);
    await undo(provider, kept.journal, operationId);
    assert.deepEqual(await listNames(provider), ['a-1', 'a-2', 'b-1', 'c-1', 'new']);
  });

  it('goes on in a new process with what one that was killed had left', async function () {
    this.timeout(60_000);
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    for (let number = 0; number < 20; number++)
      await push(provider, buildTinyImage(`${number}`), `old-${number}`, `kept-${number}`);
    const before = await readTags(provider, await listNames(provider));
    // It dies while a tag is on a dummy manifest: the worst moment.
    let hung = 0;
    registry.options = {
      deletes: 'digest',
      faultFor: ({ method, path }) => {
        const isDummy =
          method === 'DELETE' &&
          [...registry.repository(REPOSITORY).tags.values()].some((digest) => path.endsWith(digest));
        return isDummy && ++hung > 5 ? 'hang' : 'ok';
      },
    };
    const script = fileURLToPath(new URL('cleanUpProcess.ts', import.meta.url));
    const child = fork(script, [registry.url, kept.directory], { stdio: 'inherit' });
    const exited = once(child, 'exit');
    while (hung < 6) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await exited;
    registry.options = { deletes: 'digest' };

    const [operation] = await kept.journal.list();
    assert.equal(operation?.state, 'interrupted');
    const { tags } = registry.repository(REPOSITORY);
    const isStray = () => [...tags.values()].some((digest) => !Object.values(before).includes(digest));
    assert.ok(isStray(), 'a tag was left on a dummy');
    await settleInterruptedCleanUp(provider, operation, optionsFor(kept.journal));
    assert.ok(!isStray());
    assert.equal((await kept.journal.get(operation.id))?.state, 'interrupted', 'the person still decides');
    const { outcomes } = await resumeCleanUp(provider, operation, optionsFor(kept.journal));
    assert.ok(outcomes.length > 0 && outcomes.every(({ state }) => state === 'deleted'));
    assert.deepEqual(
      await listNames(provider),
      Array.from({ length: 20 }, (_, number) => `kept-${number}`).sort(),
    );
    assert.equal((await kept.journal.get(operation.id))?.state, 'finished');
    await undo(provider, kept.journal, operation.id);
    assert.deepEqual(await readTags(provider, Object.keys(before)), before);
  });

  it('goes on with a deletion that was interrupted, and takes the tags alone', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await using kept = await createTestJournal();
    const images = ['a', 'b', 'c'].map((name) => buildTinyImage(name));
    for (const [index, image] of images.entries()) await push(provider, image, `v${index}`);
    const { id } = await kept.journal.begin(
      {
        kind: 'delete',
        connectionId: CONNECTION_ID,
        registry: 'r',
        repository: REPOSITORY,
        items: images.slice(0, 2).map(({ descriptor: { digest, mediaType } }, index) => ({
          tag: `v${index}`,
          digest,
          mediaType,
          state: 'pending',
        })),
      },
      images.map(({ descriptor: { digest }, bytes }) => ({ digest, bytes })),
    );
    // The window that began it is gone.
    const journal = new Journal({ directory: kept.directory, logger: nullLogger });
    const [operation] = await journal.list();
    assert.equal(operation?.state, 'interrupted');
    const { outcomes } = await resumeCleanUp(provider, operation, optionsFor(journal));
    assert.deepEqual(
      outcomes.map(({ name, state }) => [name, state]),
      [
        ['v0', 'deleted'],
        ['v1', 'deleted'],
      ],
    );
    assert.deepEqual(await listNames(provider), ['v2']);
    assert.ok(registry.repository(REPOSITORY).manifests.has(images[0]!.descriptor.digest));
    await undo(provider, journal, id);
    assert.deepEqual(await listNames(provider), ['v0', 'v1', 'v2']);
  });

  for (const [name, start] of [
    ['Distribution 2.8', () => startDistribution()],
    ['Distribution 3', () => startDistribution({ version: 3 })],
    ['olareg', () => startOlareg()],
  ] as const) {
    it(`cleans up and undoes it on ${name}`, async function () {
      this.timeout(60_000);
      await using server = await start();
      await using plain = createTestProvider(server.url);
      const provider = { ...plain, capabilities: { ...plain.capabilities, reclaims: 'manual' as const } };
      await using kept = await createTestJournal();
      const [platform, old] = [buildTinyImage('platform'), buildTinyImage('old')];
      await push(provider, buildIndex([platform]), 'latest');
      await push(provider, platform, 'x-amd64');
      await push(provider, old, 'x-1', 'x-2');
      await push(provider, buildTinyImage('shared'), 'x-3', 'main');
      const before = await readTags(provider, await listNames(provider));
      const request = await requestFor(provider, 'x-*');
      const { operationId, outcomes } = await runCleanUp(provider, request, optionsFor(kept.journal));
      assert.deepEqual(
        outcomes.filter(({ state }) => state !== 'deleted'),
        [],
      );
      assert.deepEqual(await listNames(provider), ['latest', 'main', 'x-amd64']);
      assert.equal(
        await provider.client.headManifest(REPOSITORY, old.descriptor.digest, neverCancelled()),
        undefined,
      );
      await undo(provider, kept.journal, operationId);
      assert.deepEqual(await readTags(provider, Object.keys(before)), before);
    });
  }
});
