/** Follows a listing to its end. */
import type { Page } from './Page.ts';

/** The pages of a listing, each asked for once the one before has been dealt with. */
export async function* readPages<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Page<Item>> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
