/**
 * GitLab, on gitlab.com and self-hosted: repositories and deletion by its REST API, tags with details by GraphQL, a
 * hundred in one request (REST would take one a tag). Sources: https://docs.gitlab.com/api/container_registry/,
 * https://docs.gitlab.com/api/graphql/reference/#containerrepositorydetails, https://docs.gitlab.com/api/rest/#pagination.
 */
import { LRUCache } from 'lru-cache';
import * as v from 'valibot';
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import type { CredentialStore } from '../credentials/CredentialStore.ts';
import type { ArtifactKind } from '../oci/artifact.ts';
import { isDigest } from '../oci/digest.ts';
import { isIndexType, isSchema1Type } from '../oci/mediaType.ts';
import { isRepositoryName, isTag } from '../oci/reference.ts';
import type { Page } from '../registry/Page.ts';
import { withKind } from '../registry/registryError.ts';
import { fullRepositoryName, relativeRepositoryName } from '../registry/repositoryName.ts';
import type { ApiAuthorization, ApiRequest, ProviderApi } from './api/ProviderApi.ts';
import { tolerantList } from './api/tolerantList.ts';
import { findGitLabUrl } from './gitlab/findGitLabUrl.ts';
import { OciProvider } from './OciProvider.ts';
import type { ProviderContext } from './ProviderContext.ts';
import type {
  CapabilityPermissions,
  ProviderCapabilities,
  TagDetails,
  TagSummary,
} from './RegistryProvider.ts';

/** The most that REST and GraphQL give. */
const PAGE_SIZE = 100;
/** Groups and projects with few images are joined into one page, with no more requests than this. */
const REQUESTS_PER_PAGE = 10;
/** Against paging without an end. */
const MAX_PAGES = 1_000;
const MAX_KEPT = 5_000;
const FIND_TIMEOUT_MS = 15_000;
/** Before Docker was: times of reproducible builds say nothing about age. */
const FIRST_IMAGE_MS = Date.UTC(2013, 0);
/** Before cursors of the distribution API's listing; GraphQL's have no space. */
const OCI_CURSOR = 'oci ';

/** https://docs.gitlab.com/api/container_registry/#list-registry-repositories; `name` is what `path` has after the project's. */
const repositoryEntry = v.object({
  id: v.number(),
  name: v.nullish(v.string(), ''),
  path: v.pipe(v.string(), v.check(isRepositoryName)),
  project_id: v.number(),
});
type Repository = v.InferOutput<typeof repositoryEntry>;
/** https://docs.gitlab.com/api/users/#get-the-current-user */
const currentUser = v.object({ id: v.number() });
/** https://docs.gitlab.com/api/groups/#list-groups */
const groupEntry = v.object({ id: v.number(), full_path: v.string() });
/** https://docs.gitlab.com/api/projects/#list-all-projects-for-a-user */
const projectEntry = v.object({ id: v.number(), container_registry_access_level: v.nullish(v.string()) });

/** A list of repositories still to be read: whose, and its next page. */
const source = v.tuple([v.picklist(['groups', 'projects']), v.union([v.number(), v.string()]), v.number()]);
type Source = v.InferOutput<typeof source>;

/** https://docs.gitlab.com/api/graphql/reference/#containerrepositorytag */
const TAG_FIELDS = ['name', 'digest', 'createdAt', 'publishedAt', 'totalSize', 'mediaType'];
const text = v.nullish(v.string(), '');
const tagNode = v.object({
  name: v.pipe(v.string(), v.check(isTag)),
  digest: text,
  createdAt: text,
  publishedAt: text,
  /** BigInt: as text. */
  totalSize: v.nullish(v.union([v.number(), v.pipe(v.string(), v.digits(), v.transform(Number))])),
  mediaType: text,
});
type TagNode = v.InferOutput<typeof tagNode>;
/** Errors: https://spec.graphql.org/October2021/#sec-Errors; `fieldName` as graphql-ruby says which one it does not know. */
const tagsReply = v.object({
  data: v.nullish(
    v.object({
      containerRepository: v.nullish(
        v.object({
          tags: v.nullish(
            v.object({
              nodes: tolerantList(tagNode),
              pageInfo: v.object({ hasNextPage: v.boolean(), endCursor: v.nullish(v.string()) }),
            }),
          ),
        }),
      ),
    }),
  ),
  errors: tolerantList(
    v.object({
      extensions: v.nullish(v.object({ code: v.nullish(v.string()), fieldName: v.nullish(v.string()) })),
    }),
  ),
});

export class GitLabProvider extends OciProvider {
  override readonly kind = 'gitlab';
  readonly #credentials: CredentialStore;
  readonly #url: string;
  readonly #api: ProviderApi;
  readonly #logger: Logger;
  /** The next GraphQL fields to ask for; a server of an older version does not know all. */
  #fields = TAG_FIELDS;
  /** Full name → what the API calls it. */
  readonly #repositories = new LRUCache<string, Repository>({ max: MAX_KEPT });
  /** `repository:tag`, as the last listing gave it. */
  readonly #listed = new LRUCache<string, TagDetails>({ max: MAX_KEPT });

  /**
   * Finds out where GitLab itself is: the setting says it, or the registry by where it sends for tokens.
   * Without an answer only the distribution API is left.
   */
  static async open(context: ProviderContext): Promise<OciProvider> {
    const { client, settings, logger } = context;
    if (settings.apiUrl !== undefined) return new GitLabProvider(context, settings.apiUrl);
    try {
      const url = await findGitLabUrl(context, AbortSignal.timeout(FIND_TIMEOUT_MS));
      if (url !== undefined) return new GitLabProvider(context, url);
    } catch (error) {
      logger.warn(`GitLab of ${client.endpoint.host} was not found: ${String(error)}`);
    }
    return new OciProvider(client);
  }

  private constructor({ client, credentials, logger, openApi }: ProviderContext, url: string) {
    super(client);
    this.#credentials = credentials;
    this.#logger = logger;
    this.#url = url.replace(/\/+$/, '');
    this.#api = openApi(url, this.#authorize);
  }

  override readonly capabilities: ProviderCapabilities = {
    listsRepositories: true,
    deletesSingleTag: 'native',
    // Of one's own GitLab the administrator starts it: docs.gitlab.com/administration/packages/container_registry.
    reclaims: this.client.endpoint.host === 'registry.gitlab.com' ? 'automatic' : 'manual',
  };
  /** Scopes of a token. */
  override readonly permissions: CapabilityPermissions = {
    catalog: 'read_api',
    deleteByTag: 'api',
    mount: 'write_registry',
  };

  /** Of the group or project the connection is for; without one, of the account's groups and its own projects. */
  override async listRepositories(cursor: string | undefined, signal: AbortSignal): Promise<Page<string>> {
    const { endpoint } = this.client;
    const sources = cursor === undefined ? await this.#firstSources(signal) : parseCursor(cursor);
    const items: string[] = [];
    for (let requests = 0; requests < REQUESTS_PER_PAGE && items.length < PAGE_SIZE; requests += 1) {
      const next = sources.shift();
      if (next === undefined) break;
      const { repositories, hasMore } = await this.#readPage(next, signal);
      items.push(...repositories.flatMap(({ path }) => relativeRepositoryName(endpoint, path) ?? []));
      const [kind, id, page] = next;
      if (hasMore) sources.unshift([kind, id, page + 1]);
    }
    return { items, ...(sources.length > 0 && { nextCursor: JSON.stringify(sources) }) };
  }

  /** By name, a hundred in one request, details and all; by the distribution API where this sign-in is for that only. */
  override async listTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    if (cursor?.startsWith(OCI_CURSOR)) return this.#listPlainTags(repository, cursor, signal);
    const name = fullRepositoryName(this.client.endpoint, repository);
    let id: number;
    try {
      ({ id } = await this.#find(name, signal));
    } catch (error) {
      // Deploy tokens open the registry but not the API.
      if (!isCoreError(error, 'unauthorized', 'forbidden', 'notFound')) throw error;
      this.#logger.info(`GitLab's API does not show ${name}: ${error.message}`);
      return this.#listPlainTags(repository, undefined, signal);
    }
    const { nodes, pageInfo } = await this.#readTags(name, id, cursor, signal);
    const tags = new Map(nodes.map((node) => [node.name, this.#keep(repository, node)]));
    const items = [...tags].map(([tag, details]) => ({ name: tag, ...(details && { details }) }));
    const { hasNextPage, endCursor } = pageInfo;
    if (!hasNextPage) return { items };
    if (!endCursor || endCursor === cursor || nodes.length === 0) return { items, truncated: true };
    return { items, nextCursor: endCursor };
  }

  /** As it was listed; an index is read, whose platforms the listing does not say. */
  override async getTagDetails(repository: string, tag: string, signal: AbortSignal): Promise<TagDetails> {
    const listed = this.#listed.get(`${repository}:${tag}`);
    return listed && listed.kind !== 'index' ? listed : super.getTagDetails(repository, tag, signal);
  }

  /**
   * Siblings and manifest stay. https://docs.gitlab.com/api/container_registry/#delete-a-registry-repository-tag
   * @throws CoreError `forbidden` with reason `missingScope` where the token is for reading only.
   */
  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const subject = `${repository}:${tag}`;
    try {
      const { id, project_id } = await this.#find(
        fullRepositoryName(this.client.endpoint, repository),
        signal,
      );
      const path = `/api/v4/projects/${project_id}/registry/repositories/${id}/tags/${encodeURIComponent(tag)}`;
      await this.#api
        .send('DELETE', { path, operation: 'delete tag', subject, idempotent: true, signal })
        .catch(this.#rethrowScope('api'));
    } finally {
      this.#listed.delete(subject);
    }
  }

  /** Undefined until it was listed: only then is it known which part of the name is the project's. */
  override readonly webUrl = (repository: string): string | undefined => {
    const path = fullRepositoryName(this.client.endpoint, repository);
    const known = this.#repositories.get(path);
    if (!known) return undefined;
    const project = known.name === '' ? path : path.slice(0, -known.name.length - 1);
    return `${this.#url}/${project}/container_registry/${known.id}`;
  };

  /** https://docs.gitlab.com/api/rest/troubleshooting/: 403 with `insufficient_scope`, RFC 6750 section 3.1. */
  #rethrowScope(missing: string): (error: unknown) => never {
    return (error) => {
      if (!isCoreError(error, 'forbidden') || error.details.code !== 'insufficient_scope') throw error;
      const page = `${this.#url}/-/user_settings/personal_access_tokens`;
      throw withKind(error, 'forbidden', { reason: 'missingScope', missing, page });
    };
  }

  async #firstSources(signal: AbortSignal): Promise<Source[]> {
    const { namespacePrefix } = this.client.endpoint;
    if (namespacePrefix !== '') return [await this.#sourceOf(namespacePrefix, signal)];
    const operation = 'list repositories';
    const user = await this.#get(currentUser, { path: '/api/v4/user', operation, signal });
    const query = { per_page: PAGE_SIZE };
    const groups = await this.#get(tolerantList(groupEntry), {
      path: '/api/v4/groups',
      // Reporters see images.
      query: { ...query, min_access_level: 20 },
      operation,
      signal,
    });
    const projects = await this.#get(tolerantList(projectEntry), {
      path: `/api/v4/users/${user.id}/projects`,
      query,
      operation,
      signal,
    });
    // A group's list holds its subgroups' as well.
    const isBelowAnother = (path: string) => groups.some(({ full_path }) => path.startsWith(`${full_path}/`));
    return [
      ...groups
        .filter(({ full_path }) => !isBelowAnother(full_path))
        .map(({ id }): Source => ['groups', id, 1]),
      ...projects
        .filter(({ container_registry_access_level: level }) => level !== 'disabled')
        .map(({ id }): Source => ['projects', id, 1]),
    ];
  }

  /** Whether a path is a group's or a project's only GitLab knows. */
  async #sourceOf(path: string, signal: AbortSignal): Promise<Source> {
    const candidates: Source[] = [['groups', path, 1], ...projectPathsOf(path).map(toProjectSource)];
    for (const candidate of candidates) {
      try {
        await this.#readPage(candidate, signal);
        return candidate;
      } catch (error) {
        if (!isCoreError(error, 'notFound')) throw error;
      }
    }
    throw this.#notShown('list repositories', path);
  }

  async #readPage(
    [kind, id, page]: Source,
    signal: AbortSignal,
  ): Promise<{ readonly repositories: readonly Repository[]; readonly hasMore: boolean }> {
    const { value, headers } = await this.#api
      .get(tolerantList(repositoryEntry), {
        path: `/api/v4/${kind}/${encodeURIComponent(id)}/registry/repositories`,
        query: { per_page: PAGE_SIZE, page },
        operation: 'list repositories',
        ...(typeof id === 'string' && { subject: id }),
        signal,
      })
      .catch(this.#rethrowScope('read_api'));
    for (const repository of value) this.#repositories.set(repository.path, repository);
    const hasMore = Number(headers['x-next-page']) > page && value.length > 0 && page < MAX_PAGES;
    return { repositories: value, hasMore };
  }

  /** What the API calls a repository, which was listed or is looked for: its project is one of the paths above it. */
  async #find(path: string, signal: AbortSignal): Promise<Repository> {
    for (const candidate of projectPathsOf(path).map(toProjectSource)) {
      const known = this.#repositories.get(path);
      if (known) return known;
      const [kind, project] = candidate;
      try {
        for (let page = 1, hasMore = true; hasMore && !this.#repositories.has(path); page += 1) {
          ({ hasMore } = await this.#readPage([kind, project, page], signal));
        }
      } catch (error) {
        if (!isCoreError(error, 'notFound')) throw error;
      }
    }
    const found = this.#repositories.get(path);
    if (!found) throw this.#notShown('list tags', path);
    return found;
  }

  async #get<Value>(schema: v.GenericSchema<unknown, Value>, request: ApiRequest): Promise<Value> {
    return (await this.#api.get(schema, request).catch(this.#rethrowScope('read_api'))).value;
  }

  async #listPlainTags(
    repository: string,
    cursor: string | undefined,
    signal: AbortSignal,
  ): Promise<Page<TagSummary>> {
    const page = await super.listTags(repository, cursor?.slice(OCI_CURSOR.length), signal);
    return page.nextCursor === undefined ? page : { ...page, nextCursor: OCI_CURSOR + page.nextCursor };
  }

  async #readTags(name: string, id: number, after: string | undefined, signal: AbortSignal) {
    for (;;) {
      const { value } = await this.#api
        .post(
          tagsReply,
          { path: '/api/graphql', operation: 'list tags', subject: name, idempotent: true, signal },
          {
            query: `query ($id: ContainerRepositoryID!, $first: Int!, $after: String) { containerRepository(id: $id) { tags(first: $first, after: $after, sort: NAME_ASC) { nodes { ${this.#fields.join(' ')} } pageInfo { hasNextPage endCursor } } } }`,
            variables: { id: `gid://gitlab/ContainerRepository/${id}`, first: PAGE_SIZE, after },
          },
        )
        .catch(this.#rethrowScope('read_api'));
      const tags = value.data?.containerRepository?.tags;
      if (tags) return tags;
      const unknown = new Set(value.errors.map(({ extensions }) => extensions?.fieldName));
      const fields = this.#fields.filter((field) => !unknown.has(field));
      if (fields.length === this.#fields.length || !fields.includes('name'))
        throw this.#notShown('list tags', name);
      this.#fields = fields;
    }
  }

  #keep(repository: string, node: TagNode): TagDetails | undefined {
    const details = toDetails(node);
    const key = `${repository}:${node.name}`;
    if (details) this.#listed.set(key, details);
    else this.#listed.delete(key);
    return details;
  }

  #notShown(operation: string, subject: string): CoreError {
    const { host } = new URL(this.#url);
    return new CoreError('notFound', `${host} does not show ${subject}`, { host, operation, subject });
  }

  /** Access tokens stand for the password. https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens */
  readonly #authorize: ApiAuthorization = async (_request, signal) => {
    const credential = await this.#credentials.get({ key: this.client.endpoint.credentialKey }, signal);
    if (credential === undefined) return undefined;
    return `Bearer ${credential.kind === 'basic' ? credential.password : credential.token}`;
  };
}

/** A project is below a group or a user, and its images may be two levels below it: longest first. */
function projectPathsOf(path: string): string[] {
  const parts = path.split('/');
  return parts
    .map((_, index) => parts.slice(0, parts.length - index).join('/'))
    .slice(0, -1)
    .slice(0, 3);
}

function toProjectSource(path: string): Source {
  return ['projects', path, 1];
}

function parseCursor(cursor: string): Source[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(source)), cursor);
  if (!parsed.success) throw new CoreError('invalidInput', 'not a page cursor', { reason: 'cursor' });
  return parsed.output;
}

/** Nothing where the server knows neither type nor size (older versions, of an index): then the manifest is read. */
function toDetails({
  digest,
  mediaType,
  createdAt,
  publishedAt,
  totalSize,
}: TagNode): TagDetails | undefined {
  if (!isDigest(digest) || (mediaType === '' && !totalSize)) return undefined;
  const time = [createdAt, publishedAt].map((each) => new Date(each || NaN)).find(isTelling);
  return {
    digest,
    mediaType,
    kind: kindOf(mediaType),
    ...(totalSize && { sizeInBytes: totalSize }),
    ...(time && { createdAt: time }),
  };
}

function isTelling(time: Date): boolean {
  return time.getTime() >= FIRST_IMAGE_MS;
}

function kindOf(mediaType: string): ArtifactKind {
  if (isIndexType(mediaType)) return 'index';
  return isSchema1Type(mediaType) ? 'legacy' : 'image';
}
