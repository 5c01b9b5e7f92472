/**
 * Opening a repository of 1,000 tags on CNCF Distribution: the listing against the least a client can do, and listing
 * and details against Microsoft's registry explorer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request, type Dispatcher } from 'undici';
import { OciProvider } from '../../src/core/providers/OciProvider.ts';
import type { RegistryProvider } from '../../src/core/providers/RegistryProvider.ts';
import { FaultServer } from '../../test/support/faultServer/FaultServer.ts';
import { forward } from '../../test/support/forward.ts';
import { startDistribution } from '../../test/support/servers/distribution.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { startTokenRegistry } from '../../test/support/tokenRegistry.ts';
import { absoluteRow, comparedRow, type BenchGroup, type BenchRow } from '../BenchRow.ts';
import { medianTimes } from '../medianTimes.ts';
import { loadMicrosoftRegistries, MICROSOFT, type MicrosoftRegistries } from './microsoftRegistries.ts';
import { REPOSITORY, seedRepository, TAG_COUNT } from './seedRepository.ts';
import { createTreeListing, PAGE_SIZE, VIEW } from './treeListing.ts';

const area = 'browse';

export const expandRepository: BenchGroup = {
  area,
  title: `Expand a repository of ${TAG_COUNT} tags`,
  async run(note) {
    const dataFolder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
    try {
      await using newer = await startDistribution({ version: 3, dataFolder });
      await seedRepository(newer.url);
      await using older = await startDistribution({ version: 2, dataFolder });
      const microsoft = await loadMicrosoftRegistries();
      return [
        await countListingRequests(newer.url),
        await timeListing('Distribution 3', newer.url, note),
        await timeListing('Distribution 2.8', older.url, note),
        await countDetailRequests(newer.url, microsoft),
        ...(await countSignedRequests(newer.url, microsoft)),
        await timeDetails(newer.url, microsoft),
      ];
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  },
};

async function countListingRequests(url: string): Promise<BenchRow> {
  await using front = await startCounting(url);
  await using connection = new TestConnection(front.origin);
  await expand(new OciProvider(connection.client));
  const ours = front.requests.length;
  return absoluteRow({ area, name: 'expand 1,000 tags: requests', unit: 'requests', ours, bar: 2 });
}

async function timeListing(server: string, url: string, note: (text: string) => void): Promise<BenchRow> {
  await using connection = new TestConnection(url);
  const provider = new OciProvider(connection.client);
  const dispatcher = new Agent();
  try {
    const bare = () => readPagesBare(dispatcher, url);
    const times = await medianTimes({ ours: () => expand(provider), peer: bare, again: bare }, 150, 20);
    note(`${server}: the bare loop against itself ${(times.again / times.peer).toFixed(2)}`);
    return comparedRow({
      area,
      name: `expand 1,000 tags: time, ${server}`,
      unit: 'ms',
      ours: times.ours,
      peer: times.peer,
      peerName: 'bare undici loop',
      bar: 1.3,
    });
  } finally {
    await dispatcher.close();
  }
}

async function countDetailRequests(url: string, microsoft: MicrosoftRegistries): Promise<BenchRow> {
  await using front = await startCounting(url);
  const ours = await requestsDuring(front, async () => {
    await using connection = new TestConnection(front.origin);
    await expandWithDetails(new OciProvider(connection.client));
  });
  const peer = await requestsDuring(front, () => microsoft.expand(front.origin, REPOSITORY, TAG_COUNT));
  return detailRequestsRow('open registry', ours, peer);
}

/** The same where a token is needed, as on every public registry. */
async function countSignedRequests(url: string, microsoft: MicrosoftRegistries): Promise<BenchRow[]> {
  const account = { username: 'bench', password: 'bench' };
  await using registry = await startTokenRegistry({ upstream: url, account });
  const ours = await requestsDuring(registry.server, async () => {
    const credential = { kind: 'basic', ...account } as const;
    await using connection = new TestConnection(registry.server.origin, { credential });
    await expandWithDetails(new OciProvider(connection.client));
  });
  const tokens = registry.tokenRequests().length;
  const peer = await requestsDuring(registry.server, () =>
    microsoft.expand(registry.server.origin, REPOSITORY, TAG_COUNT, account),
  );
  return [
    detailRequestsRow('bearer registry', ours, peer),
    absoluteRow({
      area,
      name: `expand with ${PAGE_SIZE} details, bearer registry: token requests`,
      unit: 'requests',
      ours: tokens,
      bar: 1,
    }),
  ];
}

function detailRequestsRow(server: string, ours: number, peer: number): BenchRow {
  const name = `expand with details: requests, ${server}`;
  return comparedRow({ area, name, unit: 'requests', ours, peer, peerName: MICROSOFT, bar: 0.1 });
}

async function timeDetails(url: string, microsoft: MicrosoftRegistries): Promise<BenchRow> {
  const times = await medianTimes(
    {
      ours: async () => {
        // Nothing is known yet: neither connections nor details.
        await using connection = new TestConnection(url);
        await expandWithDetails(new OciProvider(connection.client));
      },
      peer: () => microsoft.expand(url, REPOSITORY, TAG_COUNT),
    },
    3,
  );
  return comparedRow({
    area,
    name: 'expand with details: time',
    unit: 'ms',
    ...times,
    peerName: MICROSOFT,
    bar: 1,
  });
}

/** What the tree does when a repository is opened. */
async function expand(provider: RegistryProvider, onDetails?: (tags: readonly string[]) => void) {
  const listing = createTreeListing(provider, REPOSITORY, onDetails);
  const { tags, matching } = await listing.view(VIEW);
  if (matching !== TAG_COUNT || tags.length !== PAGE_SIZE) throw new Error(`${matching} tags were listed`);
  return { listing, tags };
}

/** … and until all that is seen of it has its age and size. */
async function expandWithDetails(provider: RegistryProvider): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let missing = PAGE_SIZE;
  const { listing, tags } = await expand(provider, (arrived) => {
    missing -= arrived.length;
    if (missing === 0) resolve(undefined);
  });
  listing.requestDetails(tags);
  await promise;
  const bare = tags.filter((tag) => listing.details(tag)?.createdAt === undefined);
  if (bare.length > 0) throw new Error(`no details of ${bare.join(', ')}`);
}

/** The least that gets the same names from the same pages: Distribution 3 links to an empty one, which nobody reads. */
async function readPagesBare(dispatcher: Agent, origin: string): Promise<string[]> {
  const names: string[] = [];
  let path: string | undefined = `/v2/${REPOSITORY}/tags/list?n=1000`;
  while (path !== undefined && names.length < TAG_COUNT) {
    const reply: Dispatcher.ResponseData = await request(`${origin}${path}`, { dispatcher });
    const { tags } = (await reply.body.json()) as { tags: string[] };
    names.push(...tags);
    path = /^<([^>]+)>; ?rel="?next/.exec(String(reply.headers['link']))?.[1];
  }
  if (names.length !== TAG_COUNT) throw new Error(`the bare loop read ${names.length} tags`);
  return names;
}

async function startCounting(upstream: string): Promise<FaultServer> {
  const front = await FaultServer.start();
  return front.on('*', forward(upstream));
}

async function requestsDuring(server: FaultServer, work: () => Promise<void>): Promise<number> {
  const before = server.requests.length;
  await work();
  return server.requests.length - before;
}
