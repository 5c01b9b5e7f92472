/** A registry and a repository as the tree opens them, with the settings nobody changed. */
import type { RegistryProvider } from '../../src/core/providers/RegistryProvider.ts';
import { RepositoryCatalog } from '../../src/explorer/RepositoryCatalog.ts';
import { RepositoryListing, type TagViewOptions } from '../../src/explorer/RepositoryListing.ts';

export const PAGE_SIZE = 100;
export const VIEW: TagViewOptions = { sortBy: 'version', filter: '', showAttachments: false };

export function createTreeListing(
  provider: RegistryProvider,
  repository: string,
  onDetails: (tags: readonly string[]) => void = () => undefined,
): RepositoryListing {
  return new RepositoryListing(provider, repository, PAGE_SIZE, onDetails);
}

export function createTreeCatalog(provider: RegistryProvider): RepositoryCatalog {
  return new RepositoryCatalog({ open: () => Promise.resolve(provider), hasPins: () => false });
}
