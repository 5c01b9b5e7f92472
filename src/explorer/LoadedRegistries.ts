/**
 * What is loaded of the registries: the list of repositories of each connection and the tags of each repository, both
 * as far as they were read, and the providers they come from. Made on first use; a refresh puts new ones in their place.
 */
import type { RegistryProvider } from '../core/providers/RegistryProvider.ts';
import type { Connection } from '../platform/Connection.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../platform/RegistrySessions.ts';
import { isAtOrBelow, repositoryId, tagId } from './createNodes.ts';
import type { SearchSource } from './RegistrySearch.ts';
import { RepositoryCatalog } from './RepositoryCatalog.ts';
import { RepositoryListing } from './RepositoryListing.ts';

export interface LoadedRegistriesOptions {
  readonly settings: ConnectionSettings;
  readonly sessions: RegistrySessions;
  /** Tags that a repository shows at first. */
  readonly pageSize: () => number;
  /** Details of the tags of these nodes arrived, or could not be had. */
  readonly onDetails: (tagNodeIds: readonly string[]) => void;
}

export class LoadedRegistries {
  readonly #options: LoadedRegistriesOptions;
  readonly #catalogs = new Map<string, RepositoryCatalog>();
  readonly #listings = new Map<string, RepositoryListing>();
  /** Of the connections that were opened, for what needs no answer from the registry. */
  readonly #providers = new Map<string, RegistryProvider>();

  constructor(options: LoadedRegistriesOptions) {
    this.#options = options;
  }

  /** Whatever runs for a repository stops. */
  stop(): void {
    for (const listing of this.#listings.values()) listing.stop();
  }

  /** Connections of which something is loaded. */
  connectionIds(): string[] {
    return [...this.#catalogs.keys()];
  }

  catalog(connectionId: string): RepositoryCatalog {
    const existing = this.#catalogs.get(connectionId);
    if (existing) return existing;
    const catalog = new RepositoryCatalog({
      open: () => this.#openProvider(connectionId),
      hasPins: () => (this.#options.settings.get(connectionId)?.repositories ?? []).length > 0,
    });
    this.#catalogs.set(connectionId, catalog);
    return catalog;
  }

  /** The tags of a repository, where they were asked for. */
  knownListing(connectionId: string, repository: string): RepositoryListing | undefined {
    return this.#listings.get(repositoryId(connectionId, repository));
  }

  listing(connectionId: string, repository: string): RepositoryListing {
    const id = repositoryId(connectionId, repository);
    const existing = this.#listings.get(id);
    if (existing) return existing;
    const provider = () => this.#openProvider(connectionId);
    const listing = new RepositoryListing(
      {
        listTags: async (...request) => (await provider()).listTags(...request),
        getTagDetails: async (...request) => (await provider()).getTagDetails(...request),
      },
      repository,
      this.#options.pageSize(),
      (tags) => this.#options.onDetails(tags.map((tag) => tagId(id, tag))),
    );
    this.#listings.set(id, listing);
    return listing;
  }

  /**
   * One connection for the search: what is loaded is there at once, and what the search loads besides does not change
   * what the tree shows.
   */
  searchSource({ id, repositories: pinned }: Connection, host: string): SearchSource {
    const catalog = this.catalog(id).fork();
    const tagsPrefix = repositoryId(id, '');
    return {
      id,
      host,
      *repositories() {
        yield* pinned;
        for (const name of catalog.names) if (!pinned.includes(name)) yield name;
      },
      hasMore: () => !catalog.isStarted || catalog.hasMorePages,
      loadMore: (signal) => catalog.loadMore(signal),
      loadedTags: () =>
        [...this.#listings].flatMap(([key, listing]) =>
          key.startsWith(tagsPrefix) ? [[key.slice(tagsPrefix.length), listing.tags] as const] : [],
        ),
      listTags: async (repository, signal) => {
        const provider = await this.#openProvider(id);
        const { items } = await provider.listTags(repository, undefined, signal);
        return items.map(({ name }) => name);
      },
      searchPublic: async (text, signal) => {
        const provider = await this.#openProvider(id);
        return provider.search?.(text, signal) ?? [];
      },
    };
  }

  /** The provider of a connection that was opened. */
  knownProvider(connectionId: string): RegistryProvider | undefined {
    return this.#providers.get(connectionId);
  }

  /** Has what stands under the node ids that match read anew when it is asked for next. */
  renew(matches: (id: string) => boolean): void {
    for (const [key, catalog] of this.#catalogs) if (matches(key)) this.#catalogs.set(key, catalog.renew());
    for (const [key, listing] of this.#listings) if (matches(key)) this.#listings.set(key, listing.renew());
  }

  /** Drops everything of a connection that is gone: one added under its id later is another. */
  remove(connectionId: string): void {
    this.renew((id) => isAtOrBelow(id, connectionId));
    for (const map of [this.#catalogs, this.#listings, this.#providers]) {
      for (const key of map.keys()) if (isAtOrBelow(key, connectionId)) map.delete(key);
    }
  }

  async #openProvider(connectionId: string): Promise<RegistryProvider> {
    const { provider } = await this.#options.sessions.open(connectionId);
    this.#providers.set(connectionId, provider);
    return provider;
  }
}
