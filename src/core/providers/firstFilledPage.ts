/** Listings by token whose pages may be empty (everything on them was filtered out) while there is more to come. */
import type { Page } from '../registry/Page.ts';

/** Pages in a row without anything of ours before the person is asked to go on. */
const MAX_EMPTY_PAGES = 20;

/** Reads on from `cursor` until something is found, at most 20 pages. */
export async function firstFilledPage<Item>(
  cursor: string | undefined,
  read: (cursor: string | undefined) => Promise<{
    readonly items: readonly Item[];
    readonly nextCursor: string | undefined;
  }>,
): Promise<Page<Item>> {
  let page = await read(cursor);
  for (let empty = 1; empty < MAX_EMPTY_PAGES && page.items.length === 0 && page.nextCursor; empty += 1) {
    page = await read(page.nextCursor);
  }
  return { items: page.items, ...(page.nextCursor && { nextCursor: page.nextCursor }) };
}
