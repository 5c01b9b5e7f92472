/**
 * Quay, quay.io and self-hosted: repositories and tags with size and age by its own API, which takes OAuth application
 * tokens (signed in with as user `$oauthtoken`, or the token alone) and shows public repositories to everybody. Robots
 * and passwords are for the registry only: what they see is listed by the OCI API. Tags are deleted one by one by the
 * registry itself. Source: https://docs.redhat.com/en/documentation/red_hat_quay/3/html/red_hat_quay_api_reference/
 * (listRepos, listRepoTags, getLoggedInUser).
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Credential, CredentialStore } from '../credentials/CredentialStore.ts';
import type { Logger } from '../common/Logger.ts';
import { isDigest } from '../oci/digest.ts';
import { MediaType } from '../oci/mediaType.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import type { ApiRequest, ProviderApi } from './api/ProviderApi.ts';
import { tolerantList } from './api/tolerantList.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';

/** User name under which the registry takes an application token. */
const TOKEN_USER = '$oauthtoken';
/** The most it gives. */
const TAGS_PER_PAGE = 100;
/** Namespaces with few repositories are joined into one page, with no more requests than this. */
const REQUESTS_PER_PAGE = 10;
const REPOSITORIES_PER_PAGE = 100;
const MAX_KEPT = 5_000;
/** Against paging without an end. */
const MAX_PAGES = 10_000;

const text = v.nullish(v.string(), '');
/** `listRepos`; `next_page` is a token. */
const repositoryPage = v.object({
  repositories: tolerantList(v.object({ namespace: v.string(), name: v.string() })),
  next_page: text,
});
/** `getLoggedInUser` */
const quayUser = v.object({
  username: v.string(),
  organizations: tolerantList(v.object({ name: v.string() })),
});
/** `listRepoTags`, as endpoints/api/tag.py of quay/quay writes it; `size` of an index is null in older versions. */
const quayTag = v.object({
  name: v.pipe(v.string(), v.check(isTag)),
  manifest_digest: v.pipe(v.string(), v.check(isDigest)),
  is_manifest_list: v.nullish(v.boolean(), false),
  size: v.nullish(v.number()),
  start_ts: v.nullish(v.number()),
  last_modified: text,
});
const tagPage = v.object({ tags: tolerantList(quayTag), has_additional: v.nullish(v.boolean(), false) });

export class QuayProvider extends OciProvider {
  override readonly kind = 'quay';
  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    reclaims: 'automatic',
  };
  /** Scopes of an OAuth application token. */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'repo:read',
    deleteByTag: 'repo:write',
    mount: 'repo:write',
  };
  readonly #api: ProviderApi;
  readonly #credentials: CredentialStore;
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  /** Repositories the API does not show us: the registry may. */
  readonly #hidden = new Set<string>();
  #namespaces: readonly string[] = [];

  constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const { scheme, host } = client.endpoint;
    this.#credentials = credentials;
    this.#logger = logger;
    this.#api = openApi(settings.apiUrl ?? `${scheme}://${host}`, async (_, signal) => {
      const token = tokenOf(await this.#credential(signal));
      return token === undefined ? undefined : `Bearer ${token}`;
    });
  }

  /**
   * With a token, or for everybody, the namespace of the connection; with a token and no namespace, the account's and
   * its organizations'. Else what the registry's catalog shows.
   */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const [prefix = ''] = this.client.endpoint.namespacePrefix.split('/');
    const credential = await this.#credential(signal);
    const isByApi = tokenOf(credential) !== undefined || (credential === undefined && prefix !== '');
    if (!isByApi) return super.listRepositories(cursor, signal);
    if (cursor === undefined) this.#namespaces = prefix === '' ? await this.#ownNamespaces(signal) : [prefix];
    const items: string[] = [];
    let { index, token } = parseCursor(cursor);
    for (
      let requests = 0;
      requests < REQUESTS_PER_PAGE && items.length < REPOSITORIES_PER_PAGE;
      requests += 1
    ) {
      const namespace = this.#namespaces[index];
      if (namespace === undefined) break;
      const page = await this.#repositoriesOf(namespace, token, signal);
      items.push(...page.names);
      // A token that comes back again would lead in circles.
      [index, token] = page.next !== '' && page.next !== token ? [index, page.next] : [index + 1, ''];
    }
    return { items, ...(index < this.#namespaces.length && { nextCursor: `${index}:${token}` }) };
  }

  /** Newest first: a hundred in one request, with size and age. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const isOwnCursor = cursor === undefined || /^\d{1,9}$/.test(cursor);
    if (this.#hidden.has(repository) || !isOwnCursor) return super.listTags(repository, cursor, signal);
    const page = Number(cursor ?? 1);
    const value = await this.#tags(repository, { limit: TAGS_PER_PAGE, page }, 'list tags', signal);
    if (value === undefined) return super.listTags(repository, undefined, signal);
    const tags = new Map(value.tags.map((tag) => [tag.name, toDetails(tag)]));
    for (const [name, details] of tags) {
      if (!details.isPartial) this.#listed.set(`${repository}:${name}`, details);
    }
    const items = [...tags].map(([name, details]) => ({ name, details }));
    const hasMore = value.has_additional && items.length > 0;
    if (hasMore && page >= MAX_PAGES) return { items, truncated: true };
    return { items, ...(hasMore && { nextCursor: String(page + 1) }) };
  }

  /** As it was listed, else from the manifest: the API knows no platforms either. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    return this.#listed.get(`${repository}:${tag}`) ?? super.getTagDetails(repository, tag, signal);
  }

  override readonly webUrl = (repository: string, tag?: string): string => {
    const { scheme, host } = this.client.endpoint;
    const query = tag === undefined ? '' : `&tag=${encodeURIComponent(tag)}`;
    return `${scheme}://${host}/repository/${fullRepositoryName(this.client.endpoint, repository)}?tab=tags${query}`;
  };

  #credential(signal: AbortSignal): Promise<Credential | undefined> {
    return this.#credentials.get({ key: this.client.endpoint.credentialKey }, signal);
  }

  async #ownNamespaces(signal: AbortSignal): Promise<readonly string[]> {
    const request = { path: '/api/v1/user/', operation: 'look up account', signal };
    const { username, organizations } = await this.#get(quayUser, request, 'user:read');
    return [...new Set([username, ...organizations.map(({ name }) => name)])];
  }

  async #repositoriesOf(
    namespace: string,
    token: string,
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly next: string }> {
    try {
      const request = {
        path: '/api/v1/repository',
        query: { namespace, public: 'true', ...(token !== '' && { next_page: token }) },
        operation: 'list repositories',
        subject: namespace,
        signal,
      };
      const { repositories, next_page } = await this.#get(repositoryPage, request, 'repo:read');
      const names = repositories.flatMap(
        (each) => this.#relativeName(`${each.namespace}/${each.name}`) ?? [],
      );
      return { names, next: next_page };
    } catch (error) {
      // One organization that shows nothing does not hide the others.
      if (this.#namespaces.length === 1 || !isCoreError(error, 'forbidden', 'notFound')) throw error;
      this.#logger.warn(`Quay shows no repositories of ${namespace}: ${error.message}`);
      return { names: [], next: '' };
    }
  }

  /** Undefined where the API shows us nothing of the repository without a token: that is remembered. */
  async #tags(
    repository: string,
    query: Readonly<Record<string, string | number>>,
    operation: string,
    signal: AbortSignal,
  ): Promise<v.InferOutput<typeof tagPage> | undefined> {
    const name = fullRepositoryName(this.client.endpoint, repository);
    try {
      const request = {
        path: `/api/v1/repository/${name}/tag/`,
        query: { onlyActiveTags: 'true', ...query },
        operation,
        subject: repository,
        signal,
      };
      return await this.#get(tagPage, request, 'repo:read');
    } catch (error) {
      if (!isCoreError(error, 'unauthorized', 'forbidden', 'notFound', 'notARegistry')) throw error;
      if (tokenOf(await this.#credential(signal)) !== undefined) throw error;
      this.#hidden.add(repository);
      return undefined;
    }
  }

  /** @throws CoreError `forbidden`/`missingScope`: Quay calls every refusal of a token `insufficient_scope`. */
  async #get<Value>(
    schema: v.GenericSchema<unknown, Value>,
    request: ApiRequest,
    scope: string,
  ): Promise<Value> {
    try {
      return (await this.#api.get(schema, request)).value;
    } catch (error) {
      if (!isCoreError(error, 'forbidden')) throw error;
      throw withKind(error, 'forbidden', { reason: 'missingScope', missing: scope });
    }
  }

  #relativeName(name: string): string | undefined {
    return isRepositoryName(name) ? relativeRepositoryName(this.client.endpoint, name) : undefined;
  }
}

/** The application token that a credential is; undefined for robots and passwords, which the API does not take. */
function tokenOf(credential: Credential | undefined): string | undefined {
  if (credential?.kind === 'bearer') return credential.token;
  return credential?.kind === 'basic' && credential.username === TOKEN_USER ? credential.password : undefined;
}

/** `index of the namespace:token of the page` */
function parseCursor(cursor = '0:'): { index: number; token: string } {
  const colon = cursor.indexOf(':');
  return { index: Number(cursor.slice(0, colon)), token: cursor.slice(colon + 1) };
}

function toDetails(tag: v.InferOutput<typeof quayTag>): TagDetails {
  const pushedAt = new Date(tag.start_ts ? tag.start_ts * 1000 : tag.last_modified || NaN);
  return {
    digest: tag.manifest_digest as TagDetails['digest'],
    // The API tells only lists from the rest.
    mediaType: tag.is_manifest_list ? MediaType.ociIndex : MediaType.ociManifest,
    kind: tag.is_manifest_list ? 'index' : 'image',
    ...(pushedAt.getTime() > 0 && { createdAt: pushedAt }),
    ...(tag.size ? { sizeInBytes: tag.size } : { isPartial: true }),
  };
}
