/**
 * A process that loads all of a registry's repositories and all tags of one, as the tree does, and prints what that
 * cost as JSON. `node --expose-gc loadEverything.ts LARGE_URL SMALL_URL`
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OciProvider } from '../../src/core/providers/OciProvider.ts';
import { RepositoryListing, type TagViewOptions } from '../../src/explorer/RepositoryListing.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { REPOSITORY } from './listingServer.ts';

/** Turns are of the event loop, in milliseconds the thread itself worked: what else the machine does is not in them. */
export interface LoadCost {
  readonly repositories: number;
  readonly tags: number;
  /** What stays on the heap while all of it is loaded. */
  readonly heapGrowthInBytes: number;
  readonly longestTurnLoadingMs: number;
  readonly longestTurnShowingMs: number;
}

const PAGE_SIZE = 100;
const VIEW: TagViewOptions = { sortBy: 'version', filter: '', showAttachments: false };

if (import.meta.main) console.log(JSON.stringify(await measure(process.argv[2]!, process.argv[3]!)));

async function measure(largeUrl: string, smallUrl: string): Promise<LoadCost> {
  // The small registry first: code that is loaded and compiled is not what is measured.
  await using small = await loadAll(smallUrl);
  if (small.shownTags !== PAGE_SIZE) throw new Error(`${small.shownTags} tags of the small registry`);
  const heapBefore = heapInBytes();
  await using large = await loadAll(largeUrl);
  return {
    repositories: large.repositories.size,
    tags: large.shownTags,
    heapGrowthInBytes: heapInBytes() - heapBefore,
    longestTurnLoadingMs: large.longestTurnLoadingMs,
    longestTurnShowingMs: large.longestTurnShowingMs,
  };
}

async function loadAll(url: string) {
  const connection = new TestConnection(url);
  const provider = new OciProvider(connection.client);
  const listing = new RepositoryListing(provider, REPOSITORY, PAGE_SIZE, () => undefined);
  const loading = watchTurns();
  let repositories: ReadonlySet<string> = new Set();
  let cursor: string | undefined;
  do {
    const page = await provider.listRepositories(cursor, connection.signal);
    repositories = new Set([...repositories, ...page.items]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  // What nobody matches makes the tree read the list to its end.
  const { matching } = await listing.view({ ...VIEW, filter: 'no-tag-is-called-so' });
  if (matching !== 0) throw new Error(`${matching} tags match`);
  const longestTurnLoadingMs = await loading.stop();

  const showing = watchTurns();
  await listing.view(VIEW);
  await nextTurn();
  await listing.showMore(Infinity, VIEW);
  const { tags } = await listing.view(VIEW);
  const longestTurnShowingMs = await showing.stop();
  return {
    repositories,
    listing,
    shownTags: tags.length,
    longestTurnLoadingMs,
    longestTurnShowingMs,
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
