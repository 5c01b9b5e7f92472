/**
 * Cleaning up: what a plan for 10,000 tags asks of a registry whose listing carries details, and what deleting 500 tags
 * whose siblings stay costs where the registry deletes tags. Requests are counted at the servers.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseCleanUpRuleSet } from '../../src/core/operations/cleanup/CleanUpRules.ts';
import { planCleanUp } from '../../src/core/operations/cleanup/planCleanUp.ts';
import { runCleanUp } from '../../src/core/operations/cleanup/runCleanUp.ts';
import { HarborProvider } from '../../src/core/providers/HarborProvider.ts';
import { harborArtifact, startHarborContract } from '../../test/support/contract/harbor.ts';
import { MemoryRegistry } from '../../test/support/memoryRegistry.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import {
  buildTinyImage,
  createTestJournal,
  createTestProvider,
  push,
} from '../../test/unit/operations/operationsFixture.ts';
import { absoluteRow, type BenchGroup, type BenchRow } from '../BenchRow.ts';

const area = 'move';
const PLANNED = 10_000;
const DELETED = 500;
const RUNS = 5;
const NOW = new Date('2026-06-01T00:00:00Z');
const DAY_MS = 24 * 3600 * 1000;
const REPOSITORY = 'team/app';
/** What Harbor gives at most. */
const PAGE_SIZE = 100;

export const cleanUp: BenchGroup = {
  area,
  title: 'Clean up',
  async run(note) {
    return [...(await plan(note)), await deleteTags(note)];
  },
};

async function plan(note: (text: string) => void): Promise<BenchRow[]> {
  const artifacts = Array.from({ length: PLANNED }, (_, number) =>
    harborArtifact([`1.${number % 40}.${Math.floor(number / 40)}${number % 7 === 0 ? '-rc.1' : ''}`], {
      accessories: number % 50 === 0 ? [{ type: 'signature.cosign' }] : null,
      push_time: new Date(NOW.getTime() - (number % 400) * DAY_MS).toISOString(),
    }),
  );
  const repository = 'library/app';
  await using contract = await startHarborContract({ repositories: { [repository]: artifacts } });
  await using connection = new TestConnection(contract.server.origin);
  const provider = new HarborProvider(testProviderContext(connection));
  const ruleSet = parseCleanUpRuleSet({
    name: 'bench',
    delete: [
      { tags: '/^1\\.\\d+\\.\\d+-rc/', olderThanDays: 30 },
      { versions: '<1.20.0', keepPatches: 3 },
      { keepNewest: 2_000, notPulledForDays: 90 },
    ],
    protect: ['1.1.*', 'latest'],
  });
  const blocks: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    contract.server.requests.length = 0;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedAt = performance.now();
    const { entries } = await planCleanUp(provider, repository, ruleSet, AbortSignal.timeout(60_000), {
      now: NOW,
    });
    delay.disable();
    blocks.push(delay.max / 1e6);
    const going = entries.filter(({ action }) => action === 'delete').length;
    if (entries.length !== PLANNED || going === 0) throw new Error('the plan is not what was asked for');
    note(`the plan took ${(performance.now() - startedAt).toFixed(0)} ms, server included; ${going} tags go`);
  }
  const requests = contract.server.requests.length;
  return [
    absoluteRow({
      area,
      name: 'plan for 10,000 tags on a provider with details: calls besides the listing',
      unit: 'requests',
      ours: requests - PLANNED / PAGE_SIZE,
      bar: 0,
    }),
    absoluteRow({
      area,
      name: 'the same: longest block of the event loop',
      unit: 'ms',
      // The least of the runs: what the plan itself needs, not what else the machine does.
      ours: Math.min(...blocks),
      bar: 50,
    }),
  ];
}

async function deleteTags(note: (text: string) => void): Promise<BenchRow> {
  await using registry = await MemoryRegistry.start({ deletes: 'tag' });
  await using provider = createTestProvider(registry.url);
  await using kept = await createTestJournal();
  for (let number = 0; number < DELETED; number++) {
    await push(provider, buildTinyImage(`image ${number}`), `old-${number}`, `kept-${number}`);
  }
  const signal = AbortSignal.timeout(120_000);
  const ruleSet = parseCleanUpRuleSet({ name: 'bench', delete: [{ tags: 'old-*' }] });
  const { entries, method } = await planCleanUp(provider, REPOSITORY, ruleSet, signal, { now: NOW });
  registry.requests.length = 0;
  const startedAt = performance.now();
  const { outcomes } = await runCleanUp(
    provider,
    {
      repository: REPOSITORY,
      rules: 'bench',
      ...(method.method !== 'impossible' && { method: method.method }),
      targets: entries.flatMap(({ action, name, digest, mediaType = '' }) =>
        action === 'delete' && digest ? [{ name, digest, mediaType }] : [],
      ),
      staying: entries.filter(({ action }) => action === 'keep'),
    },
    { journal: kept.journal, connectionId: 'bench', signal },
  );
  note(
    `deleting ${DELETED} tags took ${(performance.now() - startedAt).toFixed(0)} ms, journal and server included`,
  );
  const deleted = outcomes.filter(({ state }) => state === 'deleted').length;
  const left = [...registry.repository(REPOSITORY).tags.keys()];
  if (deleted !== DELETED || left.length !== DELETED || left.some((tag) => tag.startsWith('old-'))) {
    throw new Error('not exactly the tags that were to go are gone');
  }
  return absoluteRow({
    area,
    name: 'delete 500 tags, siblings kept: a tag',
    unit: 'requests',
    // How the registry deletes was found out by the plan.
    ours: registry.requests.length / DELETED,
    bar: 3,
  });
}
