/**
 * Azure Container Registry as far as Berth speaks to it. Sign-in: https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 * (POST /oauth2/exchange, POST /oauth2/token) and docs/Token-BasicAuth.md (GET /oauth2/token). Its own API, each page below
 * https://learn.microsoft.com/rest/api/containerregistry/: repository/get-list, repository/get-properties, tag/get-list,
 * tag/get-properties, tag/delete, manifests/get-list, manifests/get-properties; bodies as the recordings of azure-sdk-for-js
 * (sdk/containerregistry/container-registry/recordings) have them. A lock's refusal: 405 with the code of
 * https://learn.microsoft.com/troubleshoot/azure/azure-container-registry/acr-push-errors. Scopes: the challenges of those
 * recordings, and azure-cli's RepoAccessTokenPermission (command_modules/acr/_docker_utils.py), whose page size is 100 too.
 */
import { challenge, json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from '../faultServer/FaultServer.ts';

export interface AcrAttributes {
  readonly deleteEnabled?: boolean;
  readonly writeEnabled?: boolean;
}

export interface AcrContractManifest {
  readonly digest: string;
  readonly imageSize?: number;
  /** Counted up from an hour before now, newest last, where not given. */
  readonly createdTime?: string;
  readonly mediaType?: string;
  readonly configMediaType?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly tags?: readonly string[];
  readonly attributes?: AcrAttributes;
  /** What `/v2/…/manifests/` gives. */
  readonly bytes?: Uint8Array;
}

export interface AcrContractRepository {
  readonly manifests: readonly AcrContractManifest[];
  readonly attributes?: AcrAttributes;
  readonly tagAttributes?: Readonly<Record<string, AcrAttributes>>;
}

export type AcrContractRole = 'AcrPull' | 'AcrDelete';

export interface AcrContractOptions {
  readonly repositories: Readonly<Record<string, AcrContractRepository>>;
  /** Entra token → the roles of its account on the registry. */
  readonly entraTokens?: Readonly<Record<string, readonly AcrContractRole[]>>;
  /** `user:password` of the admin user, a service principal or a token of the registry. */
  readonly accounts?: Readonly<Record<string, readonly AcrContractRole[]>>;
  /** Without a role the token is refused rather than empty. */
  readonly refusesTokenWithoutRole?: boolean;
  /** Seconds; as documented 3 hours and 75 minutes. */
  readonly refreshLifetime?: number;
  readonly accessLifetime?: number;
  /** So many requests for data are answered 429 first. */
  readonly throttled?: number;
}

export interface AcrContract extends AsyncDisposable {
  readonly server: FaultServer;
  /** Besides the sign-in. */
  dataRequests(): RecordedRequest[];
  tagsOf(repository: string): string[];
  /** The tag is written again on the image it is on. */
  retag(repository: string, tag: string, at: Date): void;
  /** As `az acr login` leaves it in Docker's configuration. */
  issueRefreshToken(roles: readonly AcrContractRole[]): string;
  /** Tokens that were given are worth nothing from now on. */
  revoke(kind: 'refresh' | 'access'): void;
}

const MAX_PAGE_SIZE = 100;
const TOKEN_USER = '00000000-0000-0000-0000-000000000000';
const ACTIONS: Readonly<Record<AcrContractRole, readonly string[]>> = {
  AcrPull: ['pull', 'metadata_read', '*'],
  AcrDelete: ['delete'],
};

interface Grant {
  readonly roles: readonly AcrContractRole[];
  readonly scopes: ReadonlySet<string>;
  readonly endsAtMs: number;
}

const LOCKED = [
  405,
  'REGISTRY_DISALLOWED_OPERATION',
  'The operation is disallowed on this registry, repository or image.',
] as const;

const refusal = (status: number, code: string, message: string): Behaviour =>
  json({ errors: [{ code, message }] }, status);
const unauthorized = refusal(
  401,
  'UNAUTHORIZED',
  'authentication required, visit https://aka.ms/acr/authorization for more information.',
);

export async function startAcrContract(options: AcrContractOptions): Promise<AcrContract> {
  const server = await FaultServer.start();
  const service = new URL(server.origin).host;
  const { entraTokens = {}, accounts = {}, refreshLifetime = 3 * 3600, accessLifetime = 75 * 60 } = options;
  const refreshTokens = new Map<string, Grant>();
  const accessTokens = new Map<string, Grant>();
  let throttled = options.throttled ?? 0;
  let issued = 0;

  const repositories = new Map(
    Object.entries(options.repositories).map(([name, { manifests, ...rest }]) => {
      const startMs = Date.UTC(2026, 0);
      const dated = manifests.map((manifest, index) => ({
        createdTime: new Date(startMs + index * 1000).toISOString(),
        ...manifest,
      }));
      const tags = new Map(
        dated.flatMap((manifest) => (manifest.tags ?? []).map((tag) => [tag, manifest] as const)),
      );
      const updated = new Map<string, string>();
      return [name, { ...rest, manifests: dated, tags, updated }];
    }),
  );
  type Repository = NonNullable<ReturnType<typeof repositories.get>>;

  const issue = (
    kind: Map<string, Grant>,
    lifetime: number,
    grant: Pick<Grant, 'roles' | 'scopes'>,
  ): string => {
    const iat = Math.floor(Date.now() / 1000);
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { jti: ++issued, iat, exp: iat + lifetime, aud: service };
    const token = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${part('signature')}`;
    kind.set(token, { ...grant, endsAtMs: Date.now() + lifetime * 1000 });
    return token;
  };
  const validIn = (kind: Map<string, Grant>, token: string): Grant | undefined => {
    const grant = kind.get(token);
    return grant && grant.endsAtMs > Date.now() ? grant : undefined;
  };
  const giveAccess = (roles: readonly AcrContractRole[] | undefined, asked: readonly string[]): Behaviour => {
    if (roles === undefined) return unauthorized;
    const allowed = new Set(roles.flatMap((role) => ACTIONS[role]));
    const granted = asked.flatMap(actionsOf).filter((each) => allowed.has(each.split(':').at(-1)!));
    if (options.refusesTokenWithoutRole && granted.length < asked.flatMap(actionsOf).length)
      return unauthorized;
    return json({
      access_token: issue(accessTokens, accessLifetime, { roles, scopes: new Set(granted) }),
    });
  };

  server.on('POST /oauth2/exchange', (exchange) => {
    const form = new URLSearchParams(exchange.request.body.toString());
    const roles = entraTokens[form.get('access_token') ?? ''];
    if (form.get('grant_type') !== 'access_token' || form.get('service') !== service)
      return refusal(400, 'BAD_REQUEST', 'service or grant_type')(exchange);
    if (roles === undefined) return unauthorized(exchange);
    const token = issue(refreshTokens, refreshLifetime, { roles, scopes: new Set() });
    return json({ refresh_token: token })(exchange);
  });
  server.on('POST /oauth2/token', (exchange) => {
    const form = new URLSearchParams(exchange.request.body.toString());
    if (form.get('grant_type') !== 'refresh_token' || form.get('service') !== service)
      return refusal(400, 'BAD_REQUEST', 'service or grant_type')(exchange);
    const roles = validIn(refreshTokens, form.get('refresh_token') ?? '')?.roles;
    return giveAccess(roles, (form.get('scope') ?? '').split(' ').filter(Boolean))(exchange);
  });
  server.on('GET /oauth2/token', (exchange) => {
    const query = new URL(exchange.request.url, server.origin).searchParams;
    const basic = /^Basic (.+)$/.exec(exchange.request.headers.authorization ?? '')?.[1] ?? '';
    const account = Buffer.from(basic, 'base64').toString();
    const roles = account.startsWith(`${TOKEN_USER}:`)
      ? validIn(refreshTokens, account.slice(TOKEN_USER.length + 1))?.roles
      : accounts[account];
    if (query.get('service') !== service) return refusal(400, 'BAD_REQUEST', 'service')(exchange);
    return giveAccess(roles, query.getAll('scope'))(exchange);
  });

  const guarded =
    (scope: string, next: () => Behaviour): Behaviour =>
    (exchange) => {
      const token = /^Bearer (.+)$/.exec(exchange.request.headers.authorization ?? '')?.[1] ?? '';
      const grant = validIn(accessTokens, token);
      if (grant === undefined || !actionsOf(scope).every((action) => grant.scopes.has(action))) {
        const wanted = scope === '' ? '' : `,scope="${scope}"`;
        const error = grant === undefined ? '' : ',error="insufficient_scope"';
        return challenge(
          `Bearer realm="${server.origin}/oauth2/token",service="${service}"${wanted}${error}`,
        )(exchange);
      }
      if (throttled > 0) {
        throttled -= 1;
        const body = JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'too many requests' }] });
        return reply(429, body, { 'content-type': 'application/json', 'retry-after': '0' })(exchange);
      }
      return next()(exchange);
    };

  /** A page after `last`, with the link to the one that follows. */
  const paged = (
    url: URL,
    field: string,
    rest: object,
    all: readonly { readonly key: string; readonly value: unknown }[],
  ): Behaviour => {
    const size = Math.min(Number(url.searchParams.get('n') ?? MAX_PAGE_SIZE), MAX_PAGE_SIZE);
    const last = url.searchParams.get('last');
    const start = last === null ? 0 : all.findIndex(({ key }) => key === last) + 1;
    const page = all.slice(start, start + size);
    const next = new URLSearchParams(url.searchParams);
    if (page.length > 0) next.set('last', page.at(-1)!.key);
    const hasMore = start + size < all.length;
    const link = `<${url.pathname}?${next.toString()}>; rel="next"`;
    return json({ ...rest, [field]: page.map(({ value }) => value) }, 200, { ...(hasMore && { link }) });
  };
  const byTime = <Entry extends { readonly key: string; readonly time: string }>(
    url: URL,
    entries: readonly Entry[],
  ): Entry[] => {
    const direction = url.searchParams.get('orderby') === 'timedesc' ? -1 : 1;
    return url.searchParams.has('orderby')
      ? entries.toSorted((a, b) => direction * a.time.localeCompare(b.time))
      : entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  };
  const attributesOf = (attributes: AcrAttributes = {}) => ({
    deleteEnabled: true,
    writeEnabled: true,
    readEnabled: true,
    listEnabled: true,
    ...attributes,
  });
  const tagValue = (repository: Repository, name: string) => {
    const { digest, createdTime } = repository.tags.get(name)!;
    return {
      name,
      digest,
      createdTime,
      lastUpdateTime: repository.updated.get(name) ?? createdTime,
      signed: false,
      changeableAttributes: attributesOf(repository.tagAttributes?.[name]),
    };
  };
  const manifestValue = ({ tags, attributes, ...manifest }: Repository['manifests'][number]) => ({
    imageSize: 1000,
    lastUpdateTime: manifest.createdTime,
    architecture: 'amd64',
    os: 'linux',
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    configMediaType: 'application/vnd.docker.container.image.v1+json',
    ...manifest,
    bytes: undefined,
    ...(tags && { tags }),
    changeableAttributes: attributesOf(attributes),
  });
  const isLocked = ({ deleteEnabled = true, writeEnabled = true }: AcrAttributes = {}): boolean =>
    !deleteEnabled || !writeEnabled;

  const deleteTag = (repository: Repository, tag: string): Behaviour => {
    const manifest = repository.tags.get(tag);
    if (manifest === undefined) return refusal(404, 'TAG_UNKNOWN', 'the specified tag does not exist');
    const locks = [repository.attributes, repository.tagAttributes?.[tag], manifest.attributes];
    if (locks.some(isLocked)) return refusal(...LOCKED);
    repository.tags.delete(tag);
    return reply(202);
  };

  server.on('/acr/v1/*', (exchange) => {
    const { method } = exchange.request;
    const url = new URL(exchange.request.url, server.origin);
    const [, name = '', list, entry] =
      /^\/acr\/v1\/(.+?)(?:\/(_tags|_manifests)(?:\/([^/]+))?)?$/.exec(url.pathname) ?? [];
    const scope = `repository:${name}:${method === 'DELETE' ? 'delete' : 'metadata_read'}`;
    return guarded(scope, () => {
      const repository = repositories.get(name);
      if (repository === undefined) return refusal(404, 'NAME_UNKNOWN', 'repository name not known');
      const about = { registry: service, imageName: name };
      if (method === 'DELETE') return deleteTag(repository, entry ?? '');
      if (list === undefined)
        return json({ ...about, changeableAttributes: attributesOf(repository.attributes) });
      if (list === '_tags') {
        const entries = [...repository.tags].map(([key, { createdTime }]) => ({
          key,
          time: repository.updated.get(key) ?? createdTime,
          value: tagValue(repository, key),
        }));
        if (entry === undefined) return paged(url, 'tags', about, byTime(url, entries));
        const found = entries.find(({ key }) => key === entry);
        return found
          ? json({ ...about, tag: found.value })
          : refusal(404, 'TAG_UNKNOWN', 'the specified tag does not exist');
      }
      const entries = repository.manifests.map((manifest) => ({
        key: manifest.digest,
        time: manifest.createdTime,
        value: manifestValue(manifest),
      }));
      if (entry === undefined) return paged(url, 'manifests', about, byTime(url, entries));
      const found = entries.find(({ key }) => key === entry);
      return found
        ? json({ ...about, manifest: found.value })
        : refusal(404, 'MANIFEST_UNKNOWN', 'manifest is not known');
    })(exchange);
  });
  server.on('GET /acr/v1/_catalog', (exchange) =>
    guarded('registry:catalog:*', () =>
      paged(
        new URL(exchange.request.url, server.origin),
        'repositories',
        {},
        [...repositories.keys()].sort().map((key) => ({ key, value: key })),
      ),
    )(exchange),
  );
  server.on('/v2/*', (exchange) => {
    const [, name, reference = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(exchange.request.url) ?? [];
    const { method } = exchange.request;
    const isDeletion = method === 'DELETE';
    return guarded(name === undefined ? '' : `repository:${name}:${isDeletion ? 'delete' : 'pull'}`, () => {
      if (name === undefined) {
        return exchange.request.url === '/v2/' ? reply(200, '{}') : refusal(404, 'NOT_FOUND', 'not found');
      }
      const repository = repositories.get(name);
      const manifest =
        repository?.tags.get(reference) ?? repository?.manifests.find(({ digest }) => digest === reference);
      if (method === 'PUT' || isDeletion) {
        const locks = [repository?.attributes, repository?.tagAttributes?.[reference], manifest?.attributes];
        if (locks.some(isLocked)) return refusal(...LOCKED);
      }
      // With all its tags: https://learn.microsoft.com/rest/api/containerregistry/manifests/delete
      if (isDeletion && repository !== undefined && manifest !== undefined) {
        repository.manifests.splice(repository.manifests.indexOf(manifest), 1);
        for (const [tag, each] of repository.tags) if (each === manifest) repository.tags.delete(tag);
        return reply(202);
      }
      if (manifest?.bytes === undefined) return refusal(404, 'MANIFEST_UNKNOWN', 'manifest is not known');
      return reply(200, manifest.bytes, {
        'content-type': manifest.mediaType ?? '',
        'docker-content-digest': manifest.digest,
      });
    })(exchange);
  });
  return {
    server,
    dataRequests: () =>
      server.requests.filter(
        ({ url, headers }) => !url.startsWith('/oauth2/') && headers.authorization !== undefined,
      ),
    tagsOf: (name) => [...(repositories.get(name)?.tags.keys() ?? [])],
    retag: (name, tag, at) => void repositories.get(name)?.updated.set(tag, at.toISOString()),
    issueRefreshToken: (roles) => issue(refreshTokens, refreshLifetime, { roles, scopes: new Set() }),
    revoke: (kind) => (kind === 'refresh' ? refreshTokens : accessTokens).clear(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** `repository:app:pull,push` as one entry an action. */
function actionsOf(scope: string): string[] {
  const colon = scope.lastIndexOf(':');
  if (scope === '') return [];
  return scope
    .slice(colon + 1)
    .split(',')
    .map((action) => `${scope.slice(0, colon)}:${action}`);
}

/** Images with a tag and a manifest each, the oldest first: `v0`, `v1`, … */
export function acrImages(
  count: number,
  digestOf: (content: Uint8Array) => string,
  name = 'image',
): AcrContractManifest[] {
  return Array.from({ length: count }, (_, index) => ({
    digest: digestOf(Buffer.from(`${name} ${index}`)),
    imageSize: 1_000 + index,
    tags: [`v${index}`],
  }));
}
