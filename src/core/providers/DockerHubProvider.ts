/**
 * Docker Hub: repositories, tags and their details by its own API (hub.docker.com), which costs no pull; content by the
 * registry's. Source: https://docs.docker.com/reference/api/hub/latest/
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { ArtifactKind } from '../oci/artifact.ts';
import { isDigest } from '../oci/digest.ts';
import { isIndexType, isSchema1Type, MediaType } from '../oci/mediaType.ts';
import { isUnknownPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import type { PullLimit } from '../registry/PullLimit.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import { DockerHubSignIn } from './api/DockerHubSignIn.ts';
import type { ProviderApi } from './api/ProviderApi.ts';
import { tolerantList } from './api/tolerantList.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  FoundRepository,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';

const API_URL = 'https://hub.docker.com';
const OFFICIAL_NAMESPACE = 'library';
/** The most it gives. */
const PAGE_SIZE = 100;
/** Namespaces with few repositories are joined into one page, with no more requests than this. */
const REQUESTS_PER_PAGE = 10;
/** Against paging without an end. */
const MAX_PAGES = 1_000;
const MAX_KEPT = 5_000;
const MAX_FOUND = 25;
/** What Docker says to ask for the limit. https://docs.docker.com/docker-hub/usage/pulls/ */
const LIMIT_PREVIEW = { repository: 'ratelimitpreview/test', tag: 'latest' } as const;

const text = v.nullish(v.string(), '');

/** `tag` and `image` of https://docs.docker.com/reference/api/hub/latest/#tag/repositories/operation/ListRepositoryTags */
const hubImage = v.object({
  os: text,
  architecture: text,
  variant: text,
  os_version: text,
  digest: text,
  size: v.nullish(v.number(), 0),
});
const hubTag = v.object({
  name: v.pipe(v.string(), v.check(isTag)),
  digest: text,
  media_type: text,
  content_type: text,
  full_size: v.nullish(v.number()),
  tag_last_pushed: text,
  last_updated: text,
  /** Null: never. Not in the reference; as Hub's own pages read it. */
  tag_last_pulled: v.optional(v.nullable(v.string())),
  images: tolerantList(hubImage),
});
type HubTag = v.InferOutput<typeof hubTag>;

/** `paginated_tags`, `list_repositories_response`: all lists have this frame. */
const pageOf = <Output>(item: v.GenericSchema<unknown, Output>) =>
  v.object({ next: text, results: tolerantList(item) });

/** https://docs.docker.com/reference/api/hub/latest/#tag/repositories/operation/listNamespaceRepositories */
const hubRepository = v.object({ name: v.string(), namespace: v.string() });
/** Not in the reference; as docker/hub-tool reads it (pkg/hub/organizations.go, pkg/hub/user.go). */
const hubOrganization = v.object({ orgname: v.pipe(v.string(), v.minLength(1)) });
const hubUser = v.object({ username: v.pipe(v.string(), v.minLength(1)) });
/** Not in the reference; as moby's `docker search` and Hub's own pages read it. */
const hubSearchResult = v.object({
  repo_name: v.string(),
  short_description: text,
  is_official: v.nullish(v.boolean(), false),
});

export class DockerHubProvider extends OciProvider {
  override readonly kind = 'dockerHub';
  /** Without an account and a namespace nothing can be listed, and without an account nothing deleted. */
  override readonly capabilities: ProviderCapabilities;
  /** Of an access token. https://docs.docker.com/security/access-tokens/ */
  override readonly permissions: CapabilityPermissions = {
    deleteByTag: 'Read, Write, Delete',
    deleteByDigest: 'Read, Write, Delete',
    mount: 'Read & Write',
  };
  readonly #api: ProviderApi;
  readonly #signIn: DockerHubSignIn;
  readonly #logger: Logger;
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });
  #namespaces: readonly string[] = [];

  /** Finds out first whether there is an account: that decides what can be done. */
  static async open(context: ProviderContext): Promise<DockerHubProvider> {
    const provider = new DockerHubProvider(context);
    await provider.#signIn.findAccount(AbortSignal.timeout(15_000)).catch((error: unknown) => {
      // Told where the account is needed.
      context.logger.debug(`Docker Hub: ${String(error)}`);
    });
    return provider;
  }

  private constructor({ client, credentials, logger, openApi, settings }: ProviderContext) {
    super(client);
    const url = settings.apiUrl ?? API_URL;
    const anonymous = openApi(url, () => Promise.resolve(undefined));
    this.#signIn = new DockerHubSignIn(anonymous, credentials, client.endpoint.credentialKey);
    this.#api = openApi(url, this.#signIn.authorize);
    this.#logger = logger;
    const isSignedIn = (): boolean => this.#signIn.username !== undefined;
    this.capabilities = {
      get listsRepositories() {
        return isSignedIn() || client.endpoint.namespacePrefix !== '';
      },
      get deletesSingleTag() {
        return isSignedIn() ? 'native' : 'none';
      },
      recordsPulls: true,
      reclaims: 'automatic',
    };
  }

  /** The connection's namespace; without one, those of the account: its own and its organizations'. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    if (cursor === undefined) this.#namespaces = await this.#listNamespaces(signal);
    const items: string[] = [];
    let { index, page } = parseCursor(cursor);
    for (let requests = 0; requests < REQUESTS_PER_PAGE && items.length < PAGE_SIZE; requests += 1) {
      const namespace = this.#namespaces[index];
      if (namespace === undefined) break;
      const { names, isLast } = await this.#repositoriesOf(namespace, page, signal);
      items.push(...names);
      [index, page] = isLast ? [index + 1, 1] : [index, page + 1];
    }
    return { items, ...(index < this.#namespaces.length && { nextCursor: `${index}:${page}` }) };
  }

  /** Newest first, as Docker Hub orders them: a hundred in one request, details and all. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const page = Number(cursor ?? 1);
    const { value } = await this.#api.get(pageOf(hubTag), {
      path: `${this.#pathOf(repository)}/tags`,
      query: { page_size: PAGE_SIZE, page },
      operation: 'list tags',
      subject: repository,
      signal,
    });
    const tags = new Map(value.results.map((tag) => [tag.name, this.#keep(repository, tag)]));
    const items = [...tags].map(([name, details]) => ({ name, ...(details && { details }) }));
    const hasMore = value.next !== '' && value.results.length > 0;
    if (hasMore && page >= MAX_PAGES) return { items, truncated: true };
    return { items, ...(hasMore && { nextCursor: String(page + 1) }) };
  }

  /** As it was listed, else one request to the API: neither is a pull. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    if (listed) return listed;
    const { value } = await this.#api.get(hubTag, {
      path: `${this.#pathOf(repository)}/tags/${encodeURIComponent(tag)}`,
      operation: 'look up tag',
      subject: `${repository}:${tag}`,
      signal,
    });
    return this.#keep(repository, value) ?? this.#readByPull(repository, tag, signal);
  }

  /** @throws CoreError `forbidden` with reason `missingScope` where the access token may not delete. */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const [namespace, name] = splitName(fullRepositoryName(this.client.endpoint, repository));
    try {
      await this.#api.send('DELETE', {
        path: `/v2/repositories/${namespace}/${name}/tags/${encodeURIComponent(tag)}/`,
        operation: 'delete tag',
        subject: `${repository}:${tag}`,
        idempotent: true,
        signal,
      });
    } catch (error) {
      if (!isCoreError(error, 'forbidden')) throw error;
      const page = 'https://app.docker.com/settings/personal-access-tokens';
      throw withKind(error, 'forbidden', { reason: 'missingScope', missing: 'Read, Write, Delete', page });
    } finally {
      this.#listed.delete(`${repository}:${tag}`);
    }
  }

  async search(query: string, signal: AbortSignal): Promise<readonly FoundRepository[]> {
    const { value } = await this.#api.get(pageOf(hubSearchResult), {
      path: '/v2/search/repositories/',
      query: { query, page_size: MAX_FOUND },
      operation: 'search repositories',
      signal,
    });
    return value.results.flatMap(({ repo_name, short_description, is_official }) => {
      const repository = this.#relativeName(repo_name);
      if (repository === undefined) return [];
      return [{ repository, description: short_description, isOfficial: is_official }];
    });
  }

  /** Pulls that are left, as the last reply of the registry said; undefined while unknown or unlimited. */
  get pullLimit(): PullLimit | undefined {
    return this.client.pullLimit.last;
  }

  /** Asks for the pulls that are left by a HEAD, which spends none. */
  async readPullLimit(signal: AbortSignal): Promise<PullLimit | undefined> {
    await this.client.headManifestOf(LIMIT_PREVIEW.repository, LIMIT_PREVIEW.tag, signal);
    return this.client.pullLimit.last;
  }

  override readonly webUrl = (repository: string, tag?: string): string => {
    const [namespace, name] = splitName(fullRepositoryName(this.client.endpoint, repository));
    const page = namespace === OFFICIAL_NAMESPACE ? `_/${name}` : `r/${namespace}/${name}`;
    const query = tag === undefined ? '' : `/tags?name=${encodeURIComponent(tag)}`;
    return `https://hub.docker.com/${page}${query}`;
  };

  async #listNamespaces(signal: AbortSignal): Promise<readonly string[]> {
    const [prefix] = splitName(this.client.endpoint.namespacePrefix);
    if (prefix !== '') return [prefix];
    const username = await this.#signIn.findAccount(signal);
    if (username === undefined) return [];
    const own = username.includes('@') ? await this.#ownName(signal) : username;
    try {
      const { value } = await this.#api.get(pageOf(hubOrganization), {
        path: '/v2/user/orgs/',
        query: { page_size: PAGE_SIZE },
        operation: 'list organizations',
        signal,
      });
      return [...new Set([own, ...value.results.map(({ orgname }) => orgname)].map(toLowerCase))];
    } catch (error) {
      // An organization's access token is no user and has no other organizations.
      if (!isCoreError(error, 'forbidden', 'notFound')) throw error;
      return [toLowerCase(own)];
    }
  }

  /** Of an account that signs in with its mail address. */
  async #ownName(signal: AbortSignal): Promise<string> {
    const request = { path: '/v2/user/', operation: 'look up account', signal };
    return (await this.#api.get(hubUser, request)).value.username;
  }

  async #repositoriesOf(
    namespace: string,
    page: number,
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly isLast: boolean }> {
    try {
      const { value } = await this.#api.get(pageOf(hubRepository), {
        path: `/v2/namespaces/${encodeURIComponent(namespace)}/repositories`,
        query: { page_size: PAGE_SIZE, page },
        operation: 'list repositories',
        subject: namespace,
        signal,
      });
      const names = value.results.flatMap(
        (repository) => this.#relativeName(`${repository.namespace}/${repository.name}`) ?? [],
      );
      return { names, isLast: value.next === '' || value.results.length === 0 || page >= MAX_PAGES };
    } catch (error) {
      // One organization that shows nothing does not hide the others.
      if (this.#namespaces.length === 1 || !isCoreError(error, 'forbidden', 'notFound')) throw error;
      this.#logger.warn(`Docker Hub shows no repositories of ${namespace}: ${error.message}`);
      return { names: [], isLast: true };
    }
  }

  #relativeName(hubName: string): string | undefined {
    const { endpoint } = this.client;
    if (!isRepositoryName(hubName)) return undefined;
    const full = hubName.includes('/') ? hubName : `${OFFICIAL_NAMESPACE}/${hubName}`;
    const relative = relativeRepositoryName(endpoint, full);
    // Without a namespace official images go by their short name.
    const isOfficial = endpoint.namespacePrefix === '' && full.startsWith(`${OFFICIAL_NAMESPACE}/`);
    return isOfficial ? full.slice(OFFICIAL_NAMESPACE.length + 1) : relative;
  }

  #pathOf(repository: string): string {
    const [namespace, name] = splitName(fullRepositoryName(this.client.endpoint, repository));
    return `/v2/namespaces/${namespace}/repositories/${encodeURIComponent(name)}`;
  }

  #keep(repository: string, tag: HubTag): TagDetails | undefined {
    const details = toDetails(tag);
    const key = `${repository}:${tag.name}`;
    if (details) this.#listed.set(key, details);
    else this.#listed.delete(key);
    return details;
  }

  /** For tags of old, which the API knows no digest of. HEAD is no pull: content that is known is not read again. */
  async #readByPull(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const digest = (await this.client.headManifest(repository, tag, signal))?.digest;
    const known = digest === undefined ? undefined : this.details.peek(digest);
    return known ?? this.details.read(repository, digest ?? tag, signal);
  }
}

/** `index of the namespace:page` */
function parseCursor(cursor: string | undefined): { index: number; page: number } {
  const [index = 0, page = 1] = cursor?.split(':').map(Number) ?? [];
  return { index, page };
}

/** `namespace/name`; no repository of Docker Hub is deeper. */
function splitName(fullName: string): [namespace: string, name: string] {
  const slash = fullName.indexOf('/');
  return slash < 0 ? [fullName, ''] : [fullName.slice(0, slash), fullName.slice(slash + 1)];
}

function toDetails(tag: HubTag): TagDetails | undefined {
  const digest = tag.digest || (tag.images.length === 1 ? tag.images[0]!.digest : '');
  if (!isDigest(digest)) return undefined;
  const runnable = tag.images.filter((image) => !isUnknownPlatform(image));
  const platforms = uniquePlatforms(runnable);
  const size = runnable.length > 0 ? runnable.reduce((sum, image) => sum + image.size, 0) : tag.full_size;
  const pushedAt = new Date(tag.tag_last_pushed || tag.last_updated || NaN);
  const mediaType =
    tag.media_type || (tag.images.length > 1 ? MediaType.dockerIndex : MediaType.dockerManifest);
  return {
    digest,
    mediaType,
    kind: kindOf(mediaType, tag.content_type),
    ...(typeof size === 'number' && { sizeInBytes: size }),
    ...(!Number.isNaN(pushedAt.getTime()) && { createdAt: pushedAt }),
    ...(platforms.length > 0 && { platforms }),
    ...pulledAt(tag.tag_last_pulled),
    ...(isIndexType(mediaType) && childrenOf(tag)),
  };
}

function pulledAt(time: string | null | undefined): Pick<TagDetails, 'lastPulledAt'> {
  if (time === undefined) return {};
  const pulled = new Date(time ?? NaN);
  return { lastPulledAt: Number.isNaN(pulled.getTime()) ? 'never' : pulled };
}

/** Only where all are told. */
function childrenOf({ images }: HubTag): Pick<TagDetails, 'children'> {
  const children = images.map(({ digest }) => digest).filter(isDigest);
  return children.length > 0 && children.length === images.length ? { children } : {};
}

function kindOf(mediaType: string, contentType: string): ArtifactKind {
  if (isIndexType(mediaType)) return 'index';
  if (isSchema1Type(mediaType)) return 'legacy';
  if (contentType === 'helm') return 'helm';
  return contentType === '' || contentType === 'image' ? 'image' : 'artifact';
}

function uniquePlatforms(images: HubTag['images']): Platform[] {
  const platforms = images.flatMap(({ os, architecture, variant, os_version }): [string, Platform][] =>
    os === '' || architecture === ''
      ? []
      : [
          [
            [os, architecture, variant, os_version].join('/'),
            { os, architecture, ...(variant && { variant }), ...(os_version && { osVersion: os_version }) },
          ],
        ],
  );
  return [...new Map(platforms).values()];
}

function toLowerCase(name: string): string {
  return name.toLowerCase();
}
