/**
 * Gitea and Forgejo: the images of the account and its organizations, and the deletion of one tag, by their own API;
 * tags by the OCI API, because the other knows neither digests nor sizes. Tokens (read:package, write:package) stand for
 * the password in both. Where the API shows nothing to this sign-in, the catalog does.
 * Sources: https://docs.gitea.com/api/next/ (listPackages, deletePackageVersion, userGetCurrent, orgListCurrentUserOrgs),
 * https://docs.gitea.com/usage/packages/container, https://forgejo.org/docs/latest/user/packages/container/.
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError, type CoreError, type ErrorDetails } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { CredentialStore } from '../credentials/CredentialStore.ts';
import { isRepositoryName } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { API_REFUSALS } from './api/apiRefusals.ts';
import type { ProviderApi } from './api/ProviderApi.ts';
import { registrySignIn } from './api/registrySignIn.ts';
import { tolerantList } from './api/tolerantList.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type { CapabilityPermissions, ProviderCapabilities, TagSummary } from './RegistryProvider.ts';

/** The most a server gives unless its administrator allows more. */
const PAGE_SIZE = 50;
/** A package is listed once a version: so many requests are made for one page of repositories. */
const REQUESTS_PER_PAGE = 10;
const REPOSITORIES_PER_PAGE = 100;
const TAGS_PER_PAGE = 1_000;
/** Against paging without an end. */
const MAX_PAGES = 10_000;
const MAX_OWNERS = 500;
const MAX_KEPT = 20_000;

/** Definition `Package` of the API: one version of one package. */
const giteaPackage = v.object({ name: v.string() });
/** Definition `User`. */
const giteaUser = v.object({ login: v.string() });
/** Definition `Organization`; `username` before 1.16. */
const giteaOrganization = v.pipe(
  v.object({ name: v.nullish(v.string(), ''), username: v.nullish(v.string(), '') }),
  v.transform(({ name, username }) => name || username),
);

export class GiteaProvider extends OciProvider {
  override readonly kind = 'gitea';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    reclaims: 'scheduled',
  };
  /** Scopes of a token. https://docs.gitea.com/development/oauth2-provider#scopes */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'read:package',
    deleteByTag: 'write:package',
    deleteByDigest: 'write:package',
    mount: 'write:package',
  };
  readonly #api: ProviderApi;
  readonly #credentials: CredentialStore;
  readonly #logger: Logger;
  readonly #url: string;
  #owners: readonly string[] = [];
  /** Names the listing that runs has given: a package comes up once a version. */
  readonly #seen = new LRUCache<string, true>({ max: MAX_KEPT });

  constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const { scheme, host, credentialKey } = client.endpoint;
    this.#credentials = credentials;
    this.#logger = logger;
    this.#url = (settings.apiUrl ?? `${scheme}://${host}`).replace(/\/+$/, '');
    this.#api = openApi(this.#url, registrySignIn(credentials, credentialKey));
  }

  /** Of the owner the connection names, else of the account and its organizations; what the catalog shows to nobody. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const isOwnCursor = cursor === undefined || /^\d{1,6}:\d{1,9}$/.test(cursor);
    if (!isOwnCursor) return super.listRepositories(cursor, signal);
    try {
      if (cursor === undefined) {
        this.#seen.clear();
        this.#owners = await this.#findOwners(signal);
      }
      return await this.#listPackages(cursor, signal);
    } catch (error) {
      if (cursor !== undefined || !isCoreError(error, ...API_REFUSALS)) throw error;
      const page = await super.listRepositories(undefined, signal).catch((second: unknown) => {
        // Refused by both: the token is good, and not for packages.
        throw isCoreError(error, 'forbidden') && isCoreError(second, 'unauthorized', 'forbidden')
          ? this.#missingScope(second, 'read:package', { operation: 'list repositories' })
          : second;
      });
      this.#logger.info(`${this.client.endpoint.host} lists by its catalog only: ${error.message}`);
      return page;
    }
  }

  /** Gitea promises a next page always: here a page that is not full is the last. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const { items, ...rest } = await this.client.listTags(repository, cursor, TAGS_PER_PAGE, signal);
    const tags = items.map((name) => ({ name }));
    return items.length < TAGS_PER_PAGE ? { items: tags } : { items: tags, ...rest };
  }

  /** A tag is a version of the package; others stay, also those of the same image. */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const full = fullRepositoryName(this.client.endpoint, repository);
    const slash = full.indexOf('/');
    const [owner, name] = [full.slice(0, Math.max(slash, 0)), full.slice(slash + 1)];
    const subject = `${repository}:${tag}`;
    try {
      await this.#api.send('DELETE', {
        path: `/api/v1/packages/${owner}/container/${encodeURIComponent(name)}/${encodeURIComponent(tag)}`,
        operation: 'delete tag',
        subject,
        idempotent: true,
        signal,
      });
    } catch (error) {
      if (!isCoreError(error, ...API_REFUSALS)) throw error;
      // What the API does not let us do the registry may, which is the same to Gitea; its answer is the one that counts.
      await this.client.deleteManifest(repository, tag, signal).catch((second: unknown) => {
        throw isCoreError(error, 'forbidden') && isCoreError(second, 'unauthorized', 'forbidden')
          ? this.#missingScope(second, 'write:package', { operation: 'delete tag', subject })
          : second;
      });
    }
  }

  override readonly webUrl = (repository: string, tag?: string): string => {
    const full = fullRepositoryName(this.client.endpoint, repository);
    const slash = full.indexOf('/');
    const page = `${this.#url}/${full.slice(0, Math.max(slash, 0))}/-/packages/container/${encodeURIComponent(full.slice(slash + 1))}`;
    return tag === undefined ? page : `${page}/${encodeURIComponent(tag)}`;
  };

  /** Tokens, and what they may, are on a page of the person's settings. */
  #missingScope(error: CoreError, missing: string, attempt: ErrorDetails): CoreError {
    const page = `${this.#url}/user/settings/applications`;
    return withKind(error, 'forbidden', { ...attempt, reason: 'missingScope', missing, page });
  }

  async #findOwners(signal: AbortSignal): Promise<readonly string[]> {
    const [prefix = ''] = this.client.endpoint.namespacePrefix.split('/');
    if (prefix !== '') return [prefix];
    const { credentialKey: key } = this.client.endpoint;
    if ((await this.#credentials.get({ key }, signal)) === undefined) return [];
    const operation = 'look up account';
    const { value: user } = await this.#api.get(giteaUser, { path: '/api/v1/user', operation, signal });
    const owners = [user.login];
    for (let page = 1, count = PAGE_SIZE; count >= PAGE_SIZE && owners.length < MAX_OWNERS; page += 1) {
      const { value } = await this.#api.get(tolerantList(giteaOrganization), {
        path: '/api/v1/user/orgs',
        query: { page, limit: PAGE_SIZE },
        operation,
        signal,
      });
      owners.push(...value);
      count = value.length;
    }
    return owners.filter((owner) => owner !== '');
  }

  async #listPackages(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    if (this.#owners.length === 0) return super.listRepositories(undefined, signal);
    let [index = 0, page = 1] = (cursor ?? '0:1').split(':').map(Number);
    const items: string[] = [];
    for (
      let requests = 0;
      requests < REQUESTS_PER_PAGE && items.length < REPOSITORIES_PER_PAGE && index < this.#owners.length;
      requests += 1
    ) {
      const owner = this.#owners[index]!;
      const { names, hasMore } = await this.#packagesOf(owner, page, signal);
      for (const name of names) {
        // Owners may have capitals, repositories of the registry have none.
        const full = `${owner}/${name}`.toLowerCase();
        const relative = isRepositoryName(full)
          ? relativeRepositoryName(this.client.endpoint, full)
          : undefined;
        if (relative === undefined || this.#seen.has(relative)) continue;
        this.#seen.set(relative, true);
        items.push(relative);
      }
      [index, page] = hasMore ? [index, page + 1] : [index + 1, 1];
    }
    return { items, ...(index < this.#owners.length && { nextCursor: `${index}:${page}` }) };
  }

  async #packagesOf(
    owner: string,
    page: number,
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly hasMore: boolean }> {
    try {
      const { value, nextLink } = await this.#api.get(tolerantList(giteaPackage), {
        path: `/api/v1/packages/${encodeURIComponent(owner)}`,
        query: { type: 'container', page, limit: PAGE_SIZE },
        operation: 'list repositories',
        subject: owner,
        signal,
      });
      const hasMore = nextLink !== undefined && value.length > 0 && page < MAX_PAGES;
      return { names: value.map(({ name }) => name), hasMore };
    } catch (error) {
      // One organization that shows nothing does not hide the others.
      if (this.#owners[0] === owner || !isCoreError(error, 'forbidden', 'notFound')) throw error;
      this.#logger.warn(`${this.client.endpoint.host} shows no packages of ${owner}: ${error.message}`);
      return { names: [], hasMore: false };
    }
  }
}
