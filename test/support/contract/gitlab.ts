/**
 * GitLab as far as Berth speaks to it. REST: https://docs.gitlab.com/api/container_registry/ (repositories of projects
 * and groups, deletion of a tag), https://docs.gitlab.com/api/users/, https://docs.gitlab.com/api/groups/,
 * https://docs.gitlab.com/api/projects/; paging: https://docs.gitlab.com/api/rest/#offset-based-pagination; refusals:
 * https://docs.gitlab.com/api/rest/troubleshooting/. GraphQL:
 * https://docs.gitlab.com/api/graphql/reference/#containerrepositorytag, at most 100 nodes:
 * https://docs.gitlab.com/api/graphql/#limits; an unknown field as graphql-ruby reports it. The registry answers with a
 * challenge only. https://docs.gitlab.com/administration/packages/container_registry/
 */
import { challenge, json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from '../faultServer/FaultServer.ts';

export interface GitLabContractTag {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface GitLabContractOptions {
  readonly token: string;
  /** Of the token; deploy tokens have none of the API's. */
  readonly scopes?: readonly ('read_api' | 'api')[];
  /** Path of a project → names of its images ('' for the project's own) → tags. */
  readonly projects?: Readonly<Record<string, Readonly<Record<string, readonly GitLabContractTag[]>>>>;
  readonly groups?: readonly string[];
  /** Projects of the account itself. */
  readonly ownProjects?: readonly string[];
  /** Fields of a tag that this version does not have yet. */
  readonly unknownFields?: readonly string[];
}

export interface GitLabContract extends AsyncDisposable {
  readonly server: FaultServer;
  apiRequests(): RecordedRequest[];
}

const MAX_PAGE_SIZE = 100;
const USER_ID = 7;

export async function startGitLabContract(options: GitLabContractOptions): Promise<GitLabContract> {
  const server = await FaultServer.start();
  const { groups = [], ownProjects = [], unknownFields = [], scopes = ['api'] } = options;
  const projects = Object.entries(options.projects ?? {}).map(([path, images], index) => ({
    id: 100 + index,
    path,
    images: Object.entries(images).map(([name, tags], image) => ({
      id: 1_000 * (index + 1) + image,
      name,
      path: name === '' ? path : `${path}/${name}`,
      project_id: 100 + index,
      tags: [...tags],
    })),
  }));
  const repositories = projects.flatMap(({ images }) => images);

  const guarded =
    (needsWrite: boolean, next: (request: RecordedRequest) => Behaviour): Behaviour =>
    (exchange) => {
      if (exchange.request.headers.authorization !== `Bearer ${options.token}`) {
        return json({ message: '401 Unauthorized' }, 401)(exchange);
      }
      if (!scopes.includes('api') && (needsWrite || !scopes.includes('read_api'))) {
        const refusal = {
          error: 'insufficient_scope',
          error_description: 'The request requires higher privileges than provided by the access token.',
          scope: needsWrite ? 'api' : 'api read_api',
        };
        return json(refusal, 403)(exchange);
      }
      return next(exchange.request)(exchange);
    };

  const paged = (requestUrl: string, entries: readonly unknown[]): Behaviour => {
    const query = new URL(requestUrl, server.origin).searchParams;
    const [size, page] = [Number(query.get('per_page') ?? 20), Number(query.get('page') ?? 1)];
    if (!(size >= 1 && size <= MAX_PAGE_SIZE && page >= 1)) {
      return json({ error: 'per_page does not have a valid value' }, 400);
    }
    const hasMore = page * size < entries.length;
    const headers = { 'x-page': page, 'x-per-page': size, 'x-next-page': hasMore ? page + 1 : '' };
    return json(entries.slice((page - 1) * size, page * size), 200, headers);
  };

  const listed = (images: typeof repositories) =>
    images.map(({ id, name, path, project_id }) => ({
      id,
      name,
      path,
      project_id,
      location: `registry.gitlab.test/${path}`,
      created_at: '2025-01-01T00:00:00.000Z',
      cleanup_policy_started_at: null,
    }));

  const rest = guarded(false, ({ url }) => {
    const path = url.split('?')[0]!;
    if (path === '/api/v4/user') return json({ id: USER_ID, username: 'me' });
    if (path === '/api/v4/groups') {
      return paged(
        url,
        groups.map((full_path, id) => ({ id, full_path })),
      );
    }
    if (path === `/api/v4/users/${USER_ID}/projects`) {
      const own = projects.filter((project) => ownProjects.includes(project.path));
      return paged(
        url,
        own.map(({ id }) => ({ id, container_registry_access_level: 'enabled' })),
      );
    }
    const [, kind, encoded = ''] =
      /^\/api\/v4\/(groups|projects)\/([^/]+)\/registry\/repositories$/.exec(path) ?? [];
    const id = decodeURIComponent(encoded);
    if (kind === 'groups') {
      const group = groups.find((each, index) => each === id || String(index) === id);
      if (group === undefined) return json({ message: '404 Group Not Found' }, 404);
      return paged(url, listed(repositories.filter((each) => each.path.startsWith(`${group}/`))));
    }
    const project = projects.find((each) => each.path === id || String(each.id) === id);
    if (kind !== 'projects' || !project) return json({ message: '404 Project Not Found' }, 404);
    return paged(url, listed(project.images));
  });

  const remove = guarded(true, ({ url }) => {
    const [, project, id, tag = ''] =
      /^\/api\/v4\/projects\/(\d+)\/registry\/repositories\/(\d+)\/tags\/([^/]+)$/.exec(url) ?? [];
    const repository = repositories.find(
      (each) => String(each.id) === id && String(each.project_id) === project,
    );
    const index = repository?.tags.findIndex(({ name }) => name === tag) ?? -1;
    if (!repository || index < 0) return json({ message: '404 Tag Not Found' }, 404);
    repository.tags.splice(index, 1);
    return reply(200);
  });

  const graphql = guarded(false, ({ body }) => {
    const { query, variables } = JSON.parse(body.toString()) as {
      query: string;
      variables: { id: string; first: number; after?: string };
    };
    const unknown = unknownFields.filter((field) => new RegExp(`\\b${field}\\b`).test(query));
    if (unknown.length > 0) {
      const errors = unknown.map((fieldName) => ({
        message: `Field '${fieldName}' doesn't exist on type 'ContainerRepositoryTag'`,
        path: ['query', 'containerRepository', 'tags', 'nodes', fieldName],
        extensions: { code: 'undefinedField', typeName: 'ContainerRepositoryTag', fieldName },
      }));
      return json({ errors });
    }
    const repository = repositories.find(
      ({ id }) => variables.id === `gid://gitlab/ContainerRepository/${id}`,
    );
    if (!repository) return json({ data: { containerRepository: null } });
    const names = repository.tags.map(({ name }) => name);
    const start = variables.after === undefined ? 0 : names.indexOf(variables.after) + 1;
    const end = start + Math.min(variables.first, MAX_PAGE_SIZE);
    const nodes = repository.tags.slice(start, end);
    const pageInfo = { hasNextPage: end < repository.tags.length, endCursor: nodes.at(-1)?.name ?? null };
    return json({ data: { containerRepository: { tags: { nodes, pageInfo } } } });
  });

  server.on('/v2/*', challenge(`Bearer realm="${server.origin}/jwt/auth",service="container_registry"`));
  server.on('GET /api/v4/*', rest).on('DELETE /api/v4/*', remove).on('POST /api/graphql', graphql);
  return {
    server,
    apiRequests: () => server.requests.filter(({ url }) => url.startsWith('/api/')),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
