/** Any registry that speaks the OCI distribution API and nothing we know better: CNCF Distribution, zot, olareg, … */
import type { Page } from '../registry/Page.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  RegistryProvider,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';
import { TagDetailsReader } from './TagDetailsReader.ts';

/** What Distribution allows at most; fewer requests for long lists. */
const TAGS_PER_PAGE = 1_000;
const REPOSITORIES_PER_PAGE = 1_000;
/** Pages in a row without a repository of ours (another namespace's) before the person is asked to go on. */
const MAX_EMPTY_PAGES = 20;

export class OciProvider implements RegistryProvider {
  readonly kind: string = 'oci';
  readonly client: RegistryClient;
  readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'probe',
    reclaims: 'manual',
  };
  readonly permissions: CapabilityPermissions = {};
  protected readonly details: TagDetailsReader;

  /** The distribution API names no web pages. */
  readonly webUrl: RegistryProvider['webUrl'] = () => undefined;

  constructor(client: RegistryClient) {
    this.client = client;
    this.details = new TagDetailsReader(client);
  }

  async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    let page = await this.client.listRepositories(cursor, REPOSITORIES_PER_PAGE, signal);
    for (let empty = 1; empty < MAX_EMPTY_PAGES && page.items.length === 0 && page.nextCursor; empty += 1) {
      page = await this.client.listRepositories(page.nextCursor, REPOSITORIES_PER_PAGE, signal);
    }
    return page;
  }

  async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const page = await this.client.listTags(repository, cursor, TAGS_PER_PAGE, signal);
    return { ...page, items: page.items.map((name) => ({ name })) };
  }

  async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    return this.details.read(repository, tag, signal);
  }
}
