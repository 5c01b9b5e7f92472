/** Paged listings of names: `_catalog` and `tags/list`. Source: OCI distribution-spec 1.1, "Listing Tags". */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import { nextLinkOf } from './linkHeader.ts';
import { followPage, parsePageCursor } from './pageCursor.ts';
import type { Page } from './Page.ts';
import type { RegistryRequests } from './RegistryRequests.ts';
import type { TransportRequest } from './transport/TransportRequest.ts';

/** 100,000 tags of full length, as registries without paging send them in one piece. */
const MAX_LISTING_BYTES = 32 * 1024 * 1024;
/** Names handled before the event loop gets a turn: a few milliseconds. */
const SLICE = 5_000;

export interface NameListing {
  /** `/v2/_catalog` or `/v2/<name>/tags/list`. */
  readonly path: string;
  /** The array's field in the reply. */
  readonly field: 'repositories' | 'tags';
  /** What to keep of a name; undefined drops it. */
  readonly keep: (name: string) => string | undefined;
  readonly request: Pick<TransportRequest, 'operation' | 'subject' | 'scopes' | 'signal'>;
}

/** One page: names that parse, without duplicates, in lexical order. Null counts as an empty list. */
export async function readNamePage(
  requests: RegistryRequests,
  listing: NameListing,
  cursor: string | undefined,
  pageSize: number,
): Promise<Page<string>> {
  const { field, request } = listing;
  const page =
    cursor === undefined ? { path: `${listing.path}?n=${pageSize}`, seen: [] } : parsePageCursor(cursor);
  const get = (path: string) => requests.request({ ...request, method: 'GET', path });
  const response = await get(page.path).catch((error: unknown) => {
    // Distribution refuses a page larger than its own limit instead of shortening it.
    const isTooLargePage =
      isCoreError(error) &&
      error.details.status === 400 &&
      error.details.code === 'PAGINATION_NUMBER_INVALID';
    if (isTooLargePage && cursor === undefined) return get(listing.path);
    throw error;
  });
  const schema = v.object({ [field]: v.nullish(v.custom<readonly unknown[]>(Array.isArray), []) });
  const reply = await requests.readJson(response, schema, MAX_LISTING_BYTES, request);
  const names = reply[field] ?? [];
  const next = followPage(requests.endpoint, page, names, nextLinkOf(response.headers['link']));
  const items = next.repeated === true ? [] : await accepted(names, listing.keep);
  return {
    items,
    ...(next.nextCursor !== undefined && { nextCursor: next.nextCursor }),
    ...(next.truncated === true && { truncated: true }),
  };
}

/** What `keep` keeps, each once, in order. Most registries send just that, and pay for no sorting. */
async function accepted(names: readonly unknown[], keep: NameListing['keep']): Promise<readonly string[]> {
  const kept: string[] = [];
  let last = '';
  let isInOrder = true;
  for (let index = 0; index < names.length; index += 1) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const name = names[index];
    const result = typeof name === 'string' ? keep(name) : undefined;
    if (result === undefined) continue;
    isInOrder &&= result > last;
    last = result;
    kept.push(result);
  }
  return isInOrder ? kept : (await sorted(kept)).filter((name, index, all) => name !== all[index - 1]);
}

/** By code unit: slices first, then neighbours merged two by two, so that no turn of the event loop is long. */
async function sorted(names: readonly string[]): Promise<readonly string[]> {
  let runs: string[][] = [];
  for (let start = 0; start < names.length; start += SLICE) {
    runs.push(names.slice(start, start + SLICE).sort());
    if (names.length > SLICE) await nextTurn();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(await merge(runs[index]!, runs[index + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(left: readonly string[], right: readonly string[]): Promise<string[]> {
  const merged: string[] = [];
  let [fromLeft, fromRight] = [0, 0];
  while (fromLeft < left.length || fromRight < right.length) {
    const takesLeft =
      fromRight >= right.length || (fromLeft < left.length && left[fromLeft]! <= right[fromRight]!);
    merged.push(takesLeft ? left[fromLeft++]! : right[fromRight++]!);
    if (merged.length % SLICE === 0) await nextTurn();
  }
  return merged;
}
