/**
 * Docker Hub as far as Berth speaks to it: hub.docker.com's API and, for HEAD of manifests, the registry's. Shapes from
 * https://docs.docker.com/reference/api/hub/latest/ (CreateAuthenticationToken, listNamespaceRepositories,
 * ListRepositoryTags, GetRepositoryTag); what is not in the reference (`/v2/user/`, `/v2/user/orgs/`, search, deletion of
 * a tag) as docker/hub-tool and Hub's own pages use it. Pull limits: https://docs.docker.com/docker-hub/usage/pulls/.
 */
import { json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from '../faultServer/FaultServer.ts';

export interface HubContractTag {
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface HubContractAccount {
  readonly username: string;
  readonly mail?: string;
  readonly secret: string;
  readonly organizations: readonly string[];
  /** An access token without the right to delete. */
  readonly readOnly?: boolean;
}

export interface HubContractOptions {
  readonly account?: HubContractAccount;
  /** `namespace/name` → tags, newest first. */
  readonly repositories?: Readonly<Record<string, readonly HubContractTag[]>>;
  /** Repositories that only the account sees. */
  readonly privateRepositories?: readonly string[];
  /** Namespaces that answer 403. */
  readonly closedNamespaces?: readonly string[];
  /** How long a token is good for. */
  readonly tokenSeconds?: number;
  /** Pulls left, as HEAD tells. Undefined: unlimited, no headers. */
  readonly pullsLeft?: number;
}

export interface HubContract extends AsyncDisposable {
  readonly server: FaultServer;
  /** Besides the sign-in. */
  apiRequests(): RecordedRequest[];
  signIns(): RecordedRequest[];
  /** Every token given so far is refused from now on. */
  revokeTokens(): void;
  tagsOf(repository: string): readonly HubContractTag[];
}

const MAX_PAGE_SIZE = 100;
const NOT_FOUND = json({ message: 'object not found', errinfo: {} }, 404);

export async function startHubContract(options: HubContractOptions = {}): Promise<HubContract> {
  const server = await FaultServer.start();
  const { account, closedNamespaces = [], privateRepositories = [] } = options;
  const repositories = new Map(Object.entries(options.repositories ?? {}));
  const tokens = new Set<string>();
  let given = 0;

  const guarded =
    (next: (url: URL, isSignedIn: boolean) => Behaviour): Behaviour =>
    (exchange) => {
      const { authorization } = exchange.request.headers;
      const isSignedIn = authorization !== undefined && tokens.has(authorization.replace(/^Bearer /, ''));
      if (authorization !== undefined && !isSignedIn) {
        return json({ detail: 'Invalid or expired token', message: 'unauthorized' }, 401)(exchange);
      }
      return next(new URL(exchange.request.url, server.origin), isSignedIn)(exchange);
    };

  const paged = (url: URL, results: readonly unknown[]): Behaviour => {
    const size = Number(url.searchParams.get('page_size') ?? 10);
    const page = Number(url.searchParams.get('page') ?? 1);
    if (!(size >= 1 && size <= MAX_PAGE_SIZE && page >= 1)) return json({ message: 'bad page' }, 400);
    const end = page * size;
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    return json({
      count: results.length,
      next: end < results.length ? next.href : null,
      previous: null,
      results: results.slice(end - size, end),
    });
  };

  const isVisible = (name: string, isSignedIn: boolean): boolean =>
    repositories.has(name) && (isSignedIn || !privateRepositories.includes(name));

  server.on('POST /v2/auth/token', (exchange) => {
    const body = JSON.parse(exchange.request.body.toString()) as Record<string, unknown>;
    const isKnown =
      account !== undefined &&
      [account.username, account.mail].includes(body['identifier'] as string) &&
      body['secret'] === account.secret;
    if (!isKnown) return json({ detail: 'Incorrect authentication credentials' }, 401)(exchange);
    given += 1;
    const iat = 1_700_000_000 + given;
    const claims = { iat, exp: iat + (options.tokenSeconds ?? 600), jti: String(given) };
    const token = ['{}', JSON.stringify(claims), 's']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    tokens.add(token);
    return json({ access_token: token })(exchange);
  });
  server.on(
    'GET /v2/user/orgs/',
    guarded((url, isSignedIn) =>
      isSignedIn
        ? paged(
            url,
            account!.organizations.map((orgname) => ({ orgname })),
          )
        : json({ detail: 'Authentication credentials were not provided.' }, 401),
    ),
  );
  server.on(
    'GET /v2/user/',
    guarded((_, isSignedIn) =>
      isSignedIn ? json({ id: '1', username: account!.username }) : json({ detail: 'no' }, 401),
    ),
  );
  server.on(
    'GET /v2/search/repositories/',
    guarded((url) =>
      paged(
        url,
        [...repositories.keys()]
          .filter((name) => name.includes(url.searchParams.get('query') ?? ''))
          .map((name) => ({
            repo_name: name.replace(/^library\//, ''),
            short_description: `About ${name}`,
            is_official: name.startsWith('library/'),
          })),
      ),
    ),
  );
  server.on(
    'GET /v2/namespaces/*',
    guarded((url, isSignedIn) => {
      const [, namespace = '', name, tag] =
        /^\/v2\/namespaces\/([^/]+)\/repositories(?:\/([^/]+)\/tags(?:\/([^/]+))?)?$/.exec(url.pathname) ??
        [];
      if (closedNamespaces.includes(namespace)) return json({ message: 'access denied' }, 403);
      if (name === undefined) {
        const names = [...repositories.keys()].filter((full) => isVisible(full, isSignedIn));
        const own = names.filter((full) => full.startsWith(`${namespace}/`));
        return paged(
          url,
          own.map((full) => ({ namespace, name: full.slice(namespace.length + 1), is_private: false })),
        );
      }
      const full = `${namespace}/${name}`;
      if (!isVisible(full, isSignedIn)) return NOT_FOUND;
      const tags = repositories.get(full)!;
      if (tag === undefined) return paged(url, tags);
      const found = tags.find((each) => each.name === tag);
      return found ? json(found) : NOT_FOUND;
    }),
  );
  server.on(
    'DELETE /v2/repositories/*',
    guarded((url, isSignedIn) => {
      const [, full = '', tag] =
        /^\/v2\/repositories\/([^/]+\/[^/]+)\/tags\/([^/]+)\/$/.exec(url.pathname) ?? [];
      if (!isSignedIn) return json({ detail: 'Authentication credentials were not provided.' }, 401);
      if (account!.readOnly)
        return json({ detail: 'access to the resource is forbidden with this token' }, 403);
      const tags = repositories.get(full);
      if (!tags?.some(({ name }) => name === tag)) return NOT_FOUND;
      repositories.set(
        full,
        tags.filter(({ name }) => name !== tag),
      );
      return reply(204);
    }),
  );
  const { pullsLeft } = options;
  const limits = {
    'ratelimit-limit': '100;w=21600',
    'ratelimit-remaining': `${pullsLeft};w=21600`,
    'docker-ratelimit-source': '192.0.2.7',
  };
  server.on(
    'HEAD /v2/ratelimitpreview/test/manifests/latest',
    reply(200, '', {
      'content-type': 'application/vnd.docker.distribution.manifest.v2+json',
      ...(pullsLeft !== undefined && limits),
    }),
  );
  return {
    server,
    signIns: () => server.requestsFor('/v2/auth/token'),
    apiRequests: () =>
      server.requests.filter(({ url }) => url !== '/v2/auth/token' && !url.includes('/manifests/')),
    revokeTokens: () => tokens.clear(),
    tagsOf: (repository) => repositories.get(repository) ?? [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A tag as ListRepositoryTags gives it: an index of two platforms with their attestations. */
export function hubTag(name: string, index = 0): HubContractTag {
  const digest = (seed: string): string =>
    `sha256:${Buffer.from(seed.padEnd(32, '.')).toString('hex').slice(0, 64)}`;
  const image = (os: string, architecture: string, variant: string | null, size: number) => ({
    os,
    architecture,
    variant,
    os_version: null,
    features: '',
    size,
    digest: digest(`${name}-${os}-${architecture}`),
    status: 'active',
    last_pushed: '2026-01-02T03:04:05Z',
  });
  return {
    creator: 7,
    id: index,
    name,
    repository: 1,
    full_size: 1000,
    v2: true,
    tag_status: 'active',
    tag_last_pushed: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
    tag_last_pulled: null,
    last_updated: '2026-01-01T00:00:00Z',
    last_updater: 7,
    last_updater_username: 'someone',
    media_type: 'application/vnd.oci.image.index.v1+json',
    content_type: 'image',
    digest: digest(name),
    images: [
      image('linux', 'amd64', null, 1000),
      image('linux', 'arm64', 'v8', 900),
      image('unknown', 'unknown', null, 20),
      image('unknown', 'unknown', null, 21),
    ],
  };
}
