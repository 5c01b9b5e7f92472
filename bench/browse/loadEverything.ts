/**
 * A process that loads all of a registry's repositories and all tags of one, as the tree does, and prints what that
 * cost as JSON. `node --expose-gc loadEverything.ts LARGE_URL SMALL_URL`
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OciProvider } from '../../src/core/providers/OciProvider.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { REPOSITORY } from './listingServer.ts';
import { createTreeCatalog, createTreeListing, PAGE_SIZE, VIEW } from './treeListing.ts';

/** Turns are of the event loop, in milliseconds the thread itself worked: what else the machine does is not in them. */
export interface LoadCost {
  readonly repositories: number;
  readonly tags: number;
  /** What stays on the heap while all of it is loaded. */
  readonly heapGrowthInBytes: number;
  readonly longestTurnLoadingMs: number;
  readonly longestTurnSortingMs: number;
}

if (import.meta.main) console.log(JSON.stringify(await measure(process.argv[2]!, process.argv[3]!)));

async function measure(largeUrl: string, smallUrl: string): Promise<LoadCost> {
  // The small registry first: code that is loaded and compiled is not what is measured.
  await using small = await loadAll(smallUrl);
  if (small.tagCount === 0) throw new Error('the small registry has no tags');
  const heapBefore = heapInBytes();
  await using large = await loadAll(largeUrl);
  return {
    repositories: large.catalog.names.size,
    tags: large.tagCount,
    heapGrowthInBytes: heapInBytes() - heapBefore,
    longestTurnLoadingMs: large.longestTurnLoadingMs,
    longestTurnSortingMs: large.longestTurnSortingMs,
  };
}

async function loadAll(url: string) {
  const connection = new TestConnection(url);
  const provider = new OciProvider(connection.client);
  const listing = createTreeListing(provider, REPOSITORY);
  const loading = watchTurns();
  const catalog = createTreeCatalog(provider);
  do {
    await catalog.loadMore(connection.signal);
  } while (catalog.hasMorePages);
  // What nobody matches makes the tree read the list to its end.
  const { matching } = await listing.view({ ...VIEW, filter: 'no-tag-is-called-so' });
  if (matching !== 0) throw new Error(`${matching} tags match`);
  const longestTurnLoadingMs = await loading.stop();

  const sorting = watchTurns();
  await listing.view(VIEW);
  await nextTurn();
  await listing.showMore(PAGE_SIZE, VIEW);
  const view = await listing.view(VIEW);
  const longestTurnSortingMs = await sorting.stop();
  return {
    catalog,
    listing,
    tagCount: view.matching,
    longestTurnLoadingMs,
    longestTurnSortingMs,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** Reads the thread's own clock once a turn of the event loop, until stopped; gives the longest. */
function watchTurns(): { stop(): Promise<number> } {
  let longest = 0;
  let last = threadMs();
  let next: NodeJS.Immediate;
  const look = (): void => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(look);
  };
  next = setImmediate(look);
  return {
    async stop() {
      await nextTurn();
      clearImmediate(next);
      return longest;
    },
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function heapInBytes(): number {
  gc!();
  return process.memoryUsage().heapUsed;
}
