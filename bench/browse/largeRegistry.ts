/**
 * A registry of 10,000 repositories with a repository of 100,000 tags: its first pages against those of a registry that
 * has 100 of each, and what it costs to have all of it loaded.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OciProvider } from '../../src/core/providers/OciProvider.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { absoluteRow, comparedRow, type BenchGroup, type BenchRow } from '../BenchRow.ts';
import { median, medianTimes } from '../medianTimes.ts';
import { FAR_MS, LARGE, REPOSITORY, startListingServers, type ListingServers } from './listingServer.ts';
import type { LoadCost } from './loadEverything.ts';
import { createTreeCatalog, createTreeListing, VIEW } from './treeListing.ts';

const area = 'browse';
const LOADS = 3;
/** "No slower", as far as a run can tell it from its own noise. */
const NO_SLOWER = 1.1;

type FirstPage = (provider: OciProvider, signal: AbortSignal) => Promise<unknown>;

const firstRepositories: FirstPage = (provider, signal) => createTreeCatalog(provider).load(signal);

const firstTags: FirstPage = (provider) => createTreeListing(provider, REPOSITORY).view(VIEW);

export const largeRegistry: BenchGroup = {
  area,
  title: '10,000 repositories and 100,000 tags',
  async run(note) {
    await using servers = await startListingServers();
    return [
      await timeFirstPage('10,000 repositories', firstRepositories, servers, note),
      await timeFirstPage('100,000 tags', firstTags, servers, note),
      ...(await measureLoading(servers.near)),
    ];
  },
};

/** Over a network, where a person is; what a page of 1,000 instead of 100 names costs by itself is noted. */
async function timeFirstPage(
  what: string,
  firstPage: FirstPage,
  { near, far }: ListingServers,
  note: (text: string) => void,
): Promise<BenchRow> {
  const times = await timePair(far, firstPage, 40);
  const bare = await timePair(near, firstPage, 200);
  const noise = (times.again / times.small).toFixed(2);
  const extraMs = (bare.large - bare.small).toFixed(2);
  note(
    `${what}: the 100 against themselves ${noise}; with no network the larger page takes ${extraMs} ms more`,
  );
  return comparedRow({
    area,
    name: `${what}, ${FAR_MS} ms away: first page`,
    unit: 'ms',
    ours: times.large,
    peer: times.small,
    peerName: 'the same with 100',
    bar: NO_SLOWER,
  });
}

async function timePair(pair: ListingServers['near'], firstPage: FirstPage, rounds: number) {
  await using large = new TestConnection(pair.large);
  await using small = new TestConnection(pair.small);
  const [ofLarge, ofSmall] = [new OciProvider(large.client), new OciProvider(small.client)];
  const showSmall = () => firstPage(ofSmall, small.signal);
  return await medianTimes(
    { large: () => firstPage(ofLarge, large.signal), small: showSmall, again: showSmall },
    rounds,
    10,
  );
}

async function measureLoading({ large, small }: ListingServers['near']): Promise<BenchRow[]> {
  const costs: LoadCost[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    const script = join(import.meta.dirname, 'loadEverything.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, large, small]);
    const cost = JSON.parse(stdout) as LoadCost;
    if (cost.repositories !== LARGE.repositories || cost.tags !== LARGE.tags) {
      throw new Error(`not everything was loaded: ${stdout}`);
    }
    costs.push(cost);
  }
  const medianOf = (figure: (cost: LoadCost) => number): number => median(costs.map(figure));
  const turn = 'all loaded: longest turn of the event loop';
  return [
    absoluteRow({
      area,
      name: 'all loaded: heap growth',
      unit: 'MB',
      ours: medianOf(({ heapGrowthInBytes }) => heapGrowthInBytes / 1e6),
      bar: 50,
    }),
    absoluteRow({
      area,
      name: `${turn}, reading`,
      unit: 'ms',
      ours: medianOf(({ longestTurnLoadingMs }) => longestTurnLoadingMs),
      bar: 50,
    }),
    absoluteRow({
      area,
      name: `${turn}, sorting`,
      unit: 'ms',
      ours: medianOf(({ longestTurnSortingMs }) => longestTurnSortingMs),
      bar: 50,
    }),
  ];
}
