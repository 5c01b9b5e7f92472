/**
 * A process that serves the listings of a large and of a small registry, or of many small ones, so that making them does
 * not share an event loop with reading them. Pages as Distribution makes them: at most 1,000 names, `last` and `Link`.
 * Source: OCI distribution-spec 1.1, "Listing Tags".
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `http://127.0.0.1:port` of each. */
interface RegistryPair {
  readonly large: string;
  readonly small: string;
}

export interface ListingServers {
  /** Answers at once. */
  readonly near: RegistryPair;
  /** Answers after FAR_MS. */
  readonly far: RegistryPair;
}

/** What a reply of a registry on the same continent takes. */
export const FAR_MS = 20;
export const REPOSITORY = 'team/service';
export const LARGE = { repositories: 10_000, tags: 100_000 } as const;
const SMALL = { repositories: 100, tags: 100 } as const;
const LARGEST_PAGE = 1_000;

/** `http://127.0.0.1:port` of each. */
export interface ManyRegistries {
  /** Small, and answer after FAR_MS. */
  readonly live: readonly string[];
  /** Take a request and never answer. */
  readonly silent: readonly string[];
}

/** The servers in a process of their own, which ends with the handle. */
export function startListingServers(): Promise<ListingServers & AsyncDisposable> {
  return startServers<ListingServers>([]);
}

/** The same of many. */
export function startManyRegistries(counts: {
  live: number;
  silent: number;
}): Promise<ManyRegistries & AsyncDisposable> {
  return startServers<ManyRegistries>([String(counts.live), String(counts.silent)]);
}

async function startServers<Servers>(args: readonly string[]): Promise<Servers & AsyncDisposable> {
  const child = fork(import.meta.filename, args);
  const [servers] = (await once(child, 'message')) as [Servers];
  return {
    ...servers,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

if (import.meta.main) {
  process.once('disconnect', () => process.exit());
  const pair = async (delayMs: number): Promise<RegistryPair> => ({
    large: await serve(LARGE, delayMs),
    small: await serve(SMALL, delayMs),
  });
  const many = (count: number, start: () => Promise<string>): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, start));
  const [live, silent] = process.argv.slice(2).map(Number);
  if (live === undefined || silent === undefined) {
    process.send!({ near: await pair(0), far: await pair(FAR_MS) } satisfies ListingServers);
  } else {
    process.send!({
      live: await many(live, () => serve(SMALL, FAR_MS)),
      silent: await many(silent, () => listen(() => undefined)),
    } satisfies ManyRegistries);
  }
}

async function serve(counts: { repositories: number; tags: number }, delayMs: number): Promise<string> {
  const lists = new Map([
    ['/v2/_catalog', { field: 'repositories', names: repositoryNames(counts.repositories) }],
    [`/v2/${REPOSITORY}/tags/list`, { field: 'tags', names: tagNames(counts.tags) }],
  ]);
  return listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://127.0.0.1');
    const list = lists.get(pathname);
    if (!list) {
      response.writeHead(404).end();
      return;
    }
    const size = Math.min(Number(searchParams.get('n') ?? LARGEST_PAGE), LARGEST_PAGE);
    const last = searchParams.get('last');
    const start = last === null ? 0 : list.names.indexOf(last) + 1;
    const page = list.names.slice(start, start + size);
    const body = JSON.stringify({ [list.field]: page });
    const headers: Record<string, string | number> = {
      'content-type': 'application/json',
      'content-length': body.length,
    };
    if (start + size < list.names.length) {
      headers['link'] = `<${pathname}?last=${encodeURIComponent(page.at(-1)!)}&n=${size}>; rel="next"`;
    }
    const answer = (): void => void response.writeHead(200, headers).end(body);
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  });
}

async function listen(onRequest: RequestListener): Promise<string> {
  const server = createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function repositoryNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `team-${index % 97}/service-${index}`).sort();
}

function tagNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `v${Math.floor(index / 10_000)}.${Math.floor(index / 100) % 100}.${index % 100}`,
  ).sort();
}
