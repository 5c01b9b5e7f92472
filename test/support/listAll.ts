/** Everything of a listing, page by page, as the tree would load it. */
import type { RegistryProvider, TagSummary } from '../../src/core/providers/RegistryProvider.ts';
import type { Page } from '../../src/core/registry/Page.ts';
import { readPages } from '../../src/core/registry/readPages.ts';

export async function listAll<Item>(
  read: (cursor: string | undefined) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of readPages(read)) items.push(...page.items);
  return items;
}

export function listAllTags(provider: RegistryProvider, repository: string): Promise<TagSummary[]> {
  const { signal } = new AbortController();
  return listAll((cursor) => provider.listTags(repository, cursor, signal));
}

export function listAllRepositories(provider: RegistryProvider): Promise<string[]> {
  const { signal } = new AbortController();
  return listAll((cursor) => provider.listRepositories(cursor, signal));
}
