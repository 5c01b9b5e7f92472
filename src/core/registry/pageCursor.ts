/**
 * Cursors of paged listings. A cursor remembers what was seen on the way, so that a registry whose links turn in
 * circles, leave the host or never end is noticed without keeping state between calls.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import type { RegistryEndpoint } from './RegistryEndpoint.ts';
import { resolveLocation } from './registryLocation.ts';

/** 1,000 names a page: ten million. */
const MAX_PAGES = 10_000;

export interface PageCursor {
  /** Path and query below the API root, encoded as the registry wrote it. */
  readonly path: string;
  /** Fingerprints of the pages before: two a page, of the path and of what it held. */
  readonly seen: readonly string[];
}

/** Where listings are: the distribution API's, and what Azure has beside it. */
const API_ROOT = /^\/(?:v2|acr\/v1)\//;

const cursorSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ path: v.pipe(v.string(), v.regex(API_ROOT)), seen: v.array(v.string()) }),
);

/** Reads a cursor that `followPage` gave. @throws CoreError `invalidInput` for any other text. */
export function parsePageCursor(text: string): PageCursor {
  const result = v.safeParse(cursorSchema, text);
  if (!result.success) throw new CoreError('invalidInput', 'not a page cursor', { reason: 'cursor' });
  return result.output;
}

export interface NextPage {
  readonly nextCursor?: string;
  /** The registry's paging is broken: the listing ends here. */
  readonly truncated?: boolean;
  /** This page is one that came before. */
  readonly repeated?: boolean;
}

/** What comes after `page`, which held `items` and whose `Link` named `next`. */
export function followPage(
  endpoint: RegistryEndpoint,
  page: PageCursor,
  items: readonly unknown[],
  next: string | undefined,
): NextPage {
  const contents = fingerprint([items.length, items[0], items.at(-1)]);
  if (items.length > 0 && page.seen.includes(contents)) return { truncated: true, repeated: true };
  if (next === undefined) return {};
  const target = resolveLocation(endpoint, page.path, next);
  // Another host, or out of the API: whatever that is, it is not the next page.
  const root = API_ROOT.exec(page.path)?.[0] ?? '/v2/';
  if (target?.startsWith(root) !== true) return { truncated: true };
  const seen = [...page.seen, fingerprint(page.path), contents];
  if (seen.includes(fingerprint(target)) || seen.length > 2 * MAX_PAGES) return { truncated: true };
  return { nextCursor: JSON.stringify({ path: target, seen }) };
}

function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
}
