import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { planDeletion } from '../../../src/core/operations/planDeletion.ts';
import { deleteTags } from '../../../src/core/operations/deleteTags.ts';
import { retag } from '../../../src/core/operations/retag.ts';
import { undoDelete } from '../../../src/core/operations/undoDelete.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { startZot } from '../../support/servers/zot.ts';
import { findTool } from '../../support/tools.ts';
import {
  buildTinyImage,
  CONNECTION_ID,
  createTestJournal,
  createTestProvider,
  neverCancelled,
  push,
  REPOSITORY,
} from './operationsFixture.ts';

/** The digest as skopeo sees it; undefined: no such tag. */
async function skopeoDigest(server: TestServer, tag: string): Promise<string | undefined> {
  const reference = `docker://${server.host}/${REPOSITORY}:${tag}`;
  try {
    const { stdout } = await promisify(execFile)(findTool('skopeo'), [
      'inspect',
      '--tls-verify=false',
      '--format',
      '{{.Digest}}',
      reference,
    ]);
    return stdout.trim();
  } catch (error) {
    const { stderr } = error as { stderr: string };
    assert.match(stderr, /manifest unknown|not found/i);
    return undefined;
  }
}

describe('deletion on real registries', function () {
  this.timeout(60_000);

  for (const [name, start, method] of [
    ['Distribution 2.8', () => startDistribution(), 'dummyManifest'],
    ['Distribution 3', () => startDistribution({ version: 3 }), 'native'],
    ['zot', () => startZot(), 'native'],
    ['olareg', () => startOlareg(), 'native'],
  ] as const) {
    it(`deletes one of three tags on one digest and undoes it on ${name}`, async () => {
      await using server = await start();
      await using provider = createTestProvider(server.url);
      await using kept = await createTestJournal();
      const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
      const image = buildTinyImage('app');
      const { digest } = image.descriptor;
      await push(provider, image, 'v1', 'v2');
      await retag(provider, { repository: REPOSITORY, source: 'v1', targetTag: 'latest' }, options);

      const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
      const [planned] = plan.tags;
      assert.equal(planned?.method, method);
      assert.deepEqual(new Set(planned.siblings), new Set(['v2', 'latest']));
      const { operationId, outcomes } = await deleteTags(provider, plan, options);
      assert.deepEqual(outcomes, [
        { state: 'deleted', tag: 'v1', alsoDeleted: [], siblingsRestored: [], siblingsUnverified: [] },
      ]);
      assert.deepEqual(
        [
          await skopeoDigest(server, 'v1'),
          await skopeoDigest(server, 'v2'),
          await skopeoDigest(server, 'latest'),
        ],
        [undefined, digest, digest],
      );
      const { items } = await provider.listTags(REPOSITORY, undefined, neverCancelled());
      assert.deepEqual(
        new Set(items.map((tag) => tag.name)),
        new Set(['v2', 'latest']),
        'no trace in the listing',
      );

      await undoDelete(provider, (await kept.journal.get(operationId!))!, options);
      assert.equal(await skopeoDigest(server, 'v1'), digest);
    });
  }

  for (const [name, start] of [
    ['Distribution 2.8', () => startDistribution({ deleteEnabled: false })],
    ['Distribution 3', () => startDistribution({ version: 3, deleteEnabled: false })],
    ['olareg', () => startOlareg({ deleteEnabled: false })],
  ] as const) {
    it(`finds out that ${name} has deletion disabled, and changes nothing`, async () => {
      await using server = await start();
      await using provider = createTestProvider(server.url);
      await using kept = await createTestJournal();
      const image = buildTinyImage('app');
      await push(provider, image, 'v1', 'v2');
      const plan = await planDeletion(provider, REPOSITORY, ['v1'], neverCancelled());
      const [planned] = plan.tags;
      assert.equal(planned?.method === 'impossible' && planned.reason, 'deleteDisabled');
      const options = { journal: kept.journal, connectionId: CONNECTION_ID, signal: neverCancelled() };
      const { outcomes, operationId } = await deleteTags(provider, plan, options);
      assert.equal(operationId, undefined);
      const [outcome] = outcomes;
      assert.ok(outcome?.state === 'kept');
      assert.deepEqual([outcome.error.kind, outcome.error.details.reason], ['unsupported', 'deleteDisabled']);
      assert.equal(await skopeoDigest(server, 'v1'), image.descriptor.digest);
    });
  }
});
