/**
 * Quay's API as far as Berth speaks to it: listRepos, listRepoTags and getLoggedInUser of
 * https://docs.redhat.com/en/documentation/red_hat_quay/3/html/red_hat_quay_api_reference/ (tags as endpoints/api/tag.py
 * of quay/quay writes them), and tags/list and _catalog of the registry for robots, which the API refuses.
 */
import { challenge, json } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface QuayContractTag {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface QuayContractOptions {
  /** `namespace/name` → tags, newest first. */
  readonly repositories: Readonly<Record<string, readonly QuayContractTag[]>>;
  readonly publicRepositories?: readonly string[];
  readonly user?: { readonly token: string; readonly username: string; readonly organizations: string[] };
  /** What the token may, `repo:read` and `user:read` unless told. */
  readonly scopes?: readonly string[];
  /** `user:password`, for the registry only. */
  readonly robot?: string;
}

const MAX_PAGE_SIZE = 100;
const REPOSITORIES_PER_PAGE = 100;

const failure = (status: number, type: string, detail: string): Behaviour =>
  json({ status, error_message: detail, title: type, error_type: type, detail }, status);

export async function startQuayContract(options: QuayContractOptions): Promise<FaultServer> {
  const server = await FaultServer.start();
  const { publicRepositories = [], repositories, robot, scopes = ['repo:read', 'user:read'], user } = options;
  const names = Object.keys(repositories);

  const guarded =
    (scope: string, next: (url: URL, isSignedIn: boolean) => Behaviour): Behaviour =>
    (exchange) => {
      const { authorization } = exchange.request.headers;
      const isSignedIn = user !== undefined && authorization === `Bearer ${user.token}`;
      if (authorization !== undefined && !isSignedIn)
        return failure(401, 'invalid_token', 'Invalid bearer token')(exchange);
      if (isSignedIn && !scopes.includes(scope))
        return failure(403, 'insufficient_scope', 'Unauthorized')(exchange);
      return next(new URL(exchange.request.url, server.origin), isSignedIn)(exchange);
    };
  const ofRobot =
    (next: (url: URL) => Behaviour): Behaviour =>
    (exchange) =>
      robot !== undefined &&
      exchange.request.headers.authorization === `Basic ${Buffer.from(robot).toString('base64')}`
        ? next(new URL(exchange.request.url, server.origin))(exchange)
        : challenge('Basic realm="quay"')(exchange);
  const isVisible = (name: string, isSignedIn: boolean): boolean =>
    repositories[name] !== undefined && (isSignedIn || publicRepositories.includes(name));

  server.on(
    'GET /v2/*',
    ofRobot((url) => {
      const [, name = ''] = /^\/v2\/(.+)\/tags\/list$/.exec(url.pathname) ?? [];
      const tags = repositories[name];
      return tags ? json({ name, tags: tags.map((tag) => tag.name) }) : json({ errors: [] }, 404);
    }),
  );
  server.on(
    'GET /v2/_catalog',
    ofRobot(() => json({ repositories: names })),
  );
  server.on(
    'GET /api/v1/user/',
    guarded('user:read', (_, isSignedIn) =>
      isSignedIn
        ? json({
            username: user!.username,
            organizations: user!.organizations.map((name) => ({ name, public: false })),
          })
        : failure(401, 'invalid_token', 'Requires authentication'),
    ),
  );
  server.on(
    'GET /api/v1/repository',
    guarded('repo:read', (url, isSignedIn) => {
      const namespace = url.searchParams.get('namespace');
      if (namespace === null)
        return failure(400, 'invalid_request', 'namespace, starred or public is needed');
      const own = names.filter((name) => name.startsWith(`${namespace}/`) && isVisible(name, isSignedIn));
      const start = Number((url.searchParams.get('next_page') ?? 'token-0').replace('token-', ''));
      const end = start + REPOSITORIES_PER_PAGE;
      return json({
        repositories: own
          .slice(start, end)
          .map((name) => ({ namespace, name: name.slice(namespace.length + 1), kind: 'image' })),
        ...(end < own.length && { next_page: `token-${end}` }),
      });
    }),
  );
  server.on(
    'GET /api/v1/repository/*',
    guarded('repo:read', (url, isSignedIn) => {
      const [, name = ''] = /^\/api\/v1\/repository\/(.+)\/tag\/$/.exec(url.pathname) ?? [];
      if (!isSignedIn && !isVisible(name, false))
        return failure(401, 'invalid_token', 'Requires authentication');
      const tags = repositories[name];
      if (!tags) return failure(404, 'not_found', 'Not Found');
      const limit = Math.min(MAX_PAGE_SIZE, Number(url.searchParams.get('limit') ?? 50));
      const page = Number(url.searchParams.get('page') ?? 1);
      const alive =
        url.searchParams.get('onlyActiveTags') === 'true' ? tags.filter((tag) => !tag['end_ts']) : tags;
      return json({
        tags: alive.slice((page - 1) * limit, page * limit),
        page,
        has_additional: page * limit < alive.length,
      });
    }),
  );
  const greeting = `Bearer realm="${server.origin}/v2/auth",service="${server.host}"`;
  server.on('GET /v2/', challenge(greeting));
  return server;
}

/** A tag as listRepoTags gives it. */
export function quayTag(name: string, fields: Readonly<Record<string, unknown>> = {}): QuayContractTag {
  return {
    name,
    reversion: false,
    start_ts: 1_767_323_045,
    manifest_digest: `sha256:${Buffer.from(name.padEnd(32, '.')).toString('hex').slice(0, 64)}`,
    is_manifest_list: false,
    size: 4321,
    last_modified: 'Fri, 02 Jan 2026 03:04:05 -0000',
    ...fields,
  };
}
