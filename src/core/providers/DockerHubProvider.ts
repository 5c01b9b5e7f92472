/** Docker Hub by its registry API: no catalog, no deletion, and every manifest GET counts as a pull. */
import type { Page } from '../registry/Page.ts';
import { fullRepositoryName } from '../registry/repositoryName.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderCapabilities, TagDetails } from './RegistryProvider.ts';

const OFFICIAL_NAMESPACE = 'library/';

export class DockerHubProvider extends OciProvider {
  override readonly kind = 'dockerHub';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: false,
    deletesSingleTag: 'none',
  };

  /** Nothing: pinned repositories are the way to browse. */
  override async listRepositories(): Promise<Page<string>> {
    return { items: [] };
  }

  /** HEAD is no pull: content whose digest is known is not read again. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const digest = (await this.client.headManifest(repository, tag, signal))?.digest;
    const known = digest === undefined ? undefined : this.details.peek(digest);
    return known ?? this.details.read(repository, digest ?? tag, signal);
  }

  override readonly webUrl = (repository: string, tag?: string): string => {
    const name = fullRepositoryName(this.client.endpoint, repository);
    const page = name.startsWith(OFFICIAL_NAMESPACE)
      ? `_/${name.slice(OFFICIAL_NAMESPACE.length)}`
      : `r/${name}`;
    const query = tag === undefined ? '' : `/tags?name=${encodeURIComponent(tag)}`;
    return `https://hub.docker.com/${page}${query}`;
  };
}
