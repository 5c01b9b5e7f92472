/** Every tag of a repository, page by page, as the tree would load them. */
import type { RegistryProvider, TagSummary } from '../../src/core/providers/RegistryProvider.ts';

export async function listAllTags(provider: RegistryProvider, repository: string): Promise<TagSummary[]> {
  const { signal } = new AbortController();
  const tags: TagSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await provider.listTags(repository, cursor, signal);
    tags.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tags;
}
