/**
 * GitHub as far as Berth speaks to it: api.github.com's packages and ghcr.io, on one server and one memory. Shapes and
 * rules from https://docs.github.com/rest/packages/packages (packages and versions of an organization, a user, oneself),
 * https://docs.github.com/rest/orgs/orgs#list-organizations-for-the-authenticated-user,
 * https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api (Link),
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, and
 * https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps (X-OAuth-Scopes).
 * The registry refuses every DELETE with 405, as ghcr.io does.
 */
import { createHash, randomUUID } from 'node:crypto';
import { json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from '../faultServer/FaultServer.ts';

export interface GitHubContractOptions {
  /** Who the token belongs to. */
  readonly login?: string;
  readonly token: string;
  /** Of a classic token; undefined: a fine-grained one, which has none. */
  readonly scopes?: readonly string[];
  readonly organizations?: readonly string[];
  /** Organizations that want single sign-on first. */
  readonly singleSignOn?: readonly string[];
  /** Version listings that a pushed manifest is missing from at first. */
  readonly versionsLag?: number;
  /** The token may read but is no administrator of the packages: deletion is answered 404. */
  readonly hidesDeletion?: boolean;
  /** A rule of GitHub's keeps every version (more than 5,000 downloads). */
  readonly keepsVersions?: boolean;
}

interface Version {
  readonly id: number;
  readonly digest: string;
  readonly tags: Set<string>;
  readonly createdAt: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface GitHubContract extends AsyncDisposable {
  readonly server: FaultServer;
  /** Adds a version, the newest from now on; returns its digest. */
  push(fullName: string, tags: readonly string[], bytes?: Buffer, mediaType?: string): string;
  /** Tag → digest. */
  tagsOf(fullName: string): Record<string, string>;
  digestsOf(fullName: string): string[];
  /** Of api.github.com, without those of the registry. */
  apiRequests(): RecordedRequest[];
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const START_MS = Date.UTC(2026, 0, 1);

export async function startGitHubContract(options: GitHubContractOptions): Promise<GitHubContract> {
  const server = await FaultServer.start();
  const { login = 'me', organizations = [], scopes, singleSignOn = [] } = options;
  const packages = new Map<string, Version[]>();
  const blobs = new Set<string>();
  let nextId = 1;
  let lag = options.versionsLag ?? 0;

  const put = (fullName: string, tags: readonly string[], bytes: Buffer, mediaType: string): string => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const versions = packages.get(fullName) ?? [];
    packages.set(fullName, versions);
    let version = versions.find((each) => each.digest === digest);
    if (!version) {
      const createdAt = new Date(START_MS + nextId * 60_000).toISOString();
      version = { id: nextId++, digest, tags: new Set(), createdAt, bytes, mediaType };
      versions.unshift(version);
    }
    for (const tag of tags) {
      for (const each of versions) each.tags.delete(tag);
      version.tags.add(tag);
    }
    return digest;
  };

  const scopeHeaders = (accepted: string) => ({
    ...(scopes && { 'x-oauth-scopes': scopes.join(', '), 'x-accepted-oauth-scopes': accepted }),
    'x-ratelimit-remaining': '4999',
  });

  /** Needs the token, the API version and one of `accepted`. */
  const guarded =
    (accepted: readonly string[], next: (url: URL) => Behaviour): Behaviour =>
    (exchange) => {
      const { headers } = exchange.request;
      if (headers['x-github-api-version'] !== '2022-11-28')
        return json({ message: 'no version' }, 400)(exchange);
      if (headers.authorization !== `Bearer ${options.token}`) {
        return json(
          { message: headers.authorization ? 'Bad credentials' : 'Requires authentication' },
          401,
        )(exchange);
      }
      if (scopes && accepted.length > 0 && !accepted.some((scope) => scopes.includes(scope))) {
        const message = `You need at least ${accepted[0]} scope`;
        return json({ message, documentation_url: '' }, 403, scopeHeaders(accepted.join(', ')))(exchange);
      }
      return next(new URL(exchange.request.url, server.origin))(exchange);
    };

  const paged = (url: URL, all: readonly unknown[]): Behaviour => {
    const size = Number(url.searchParams.get('per_page') ?? 30);
    const page = Number(url.searchParams.get('page') ?? 1);
    if (!(size >= 1 && size <= 100 && page >= 1)) return json({ message: 'Validation Failed' }, 422);
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    const link = page * size < all.length ? { link: `<${next.href}>; rel="next"` } : {};
    const slice = all.slice((page - 1) * size, page * size);
    return json(slice, 200, { ...scopeHeaders('read:packages'), ...link });
  };

  const account = (name: string) => ({
    login: name,
    id: 1,
    type: organizations.includes(name) ? 'Organization' : 'User',
  });
  server.on(
    'GET /user',
    guarded([], () => json(account(login), 200, scopeHeaders(''))),
  );
  server.on(
    'GET /user/orgs',
    guarded(['read:org', 'user'], (url) => paged(url, organizations.map(account))),
  );

  const READ = ['read:packages', 'write:packages'];
  const ownerRoute = (url: URL): Behaviour => {
    const [, kind, named, packageName, rest] =
      /^\/(user|users|orgs)(?:\/([^/]+))??\/(?:packages|orgs)(?:\/container\/([^/]+)\/versions(?:\/(\d+))?)?$/.exec(
        url.pathname,
      ) ?? [];
    const owner = kind === 'user' ? login : named;
    const isOrganization = owner !== undefined && organizations.includes(owner);
    if (kind === undefined || owner === undefined || isOrganization !== (kind === 'orgs')) {
      return json({ message: 'Not Found' }, 404);
    }
    if (singleSignOn.includes(owner)) {
      return json({ message: 'Resource protected by organization SAML enforcement.' }, 403, {
        'x-github-sso': `required; url=https://github.com/orgs/${owner}/sso?authorization_request=canary`,
      });
    }
    if (packageName === undefined) {
      if (url.searchParams.get('package_type') !== 'container') return json({ message: 'package_type' }, 422);
      const own = [...packages.keys()].filter((name) => name.startsWith(`${owner}/`));
      return paged(
        url,
        own.map((name) => ({
          id: 1,
          name: name.slice(owner.length + 1),
          package_type: 'container',
          owner: account(owner),
          html_url: `https://github.com/${kind === 'orgs' ? 'orgs' : 'users'}/${name.replace('/', '/packages/container/package/')}`,
        })),
      );
    }
    const versions = packages.get(`${owner}/${decodeURIComponent(packageName)}`);
    if (!versions) return json({ message: 'Package not found.' }, 404);
    if (rest !== undefined) return json({ message: 'Not Found' }, 404);
    const listed =
      lag > 0 && versions.some(isPlaceholder) ? versions.filter((each) => !isPlaceholder(each)) : versions;
    if (listed !== versions) lag -= 1;
    return paged(
      url,
      listed.map((version) => ({
        id: version.id,
        name: version.digest,
        created_at: version.createdAt,
        updated_at: version.createdAt,
        metadata: { package_type: 'container', container: { tags: [...version.tags] } },
      })),
    );
  };
  server.on('GET /users/*', guarded(READ, ownerRoute));
  server.on('GET /orgs/*', guarded(READ, ownerRoute));
  server.on('GET /user/packages*', guarded(READ, ownerRoute));

  const deletion: Behaviour = (exchange) =>
    guarded(['delete:packages'], (url) => {
      const [, kind, named, packageName = '', id] =
        /^\/(user|users|orgs)(?:\/([^/]+))??\/packages\/container\/([^/]+)\/versions\/(\d+)$/.exec(
          url.pathname,
        ) ?? [];
      const fullName = `${kind === 'user' ? login : named}/${decodeURIComponent(packageName)}`;
      const versions = packages.get(fullName) ?? [];
      const version = versions.find((each) => String(each.id) === id);
      if (!version || options.hidesDeletion) return json({ message: 'Package not found.' }, 404);
      const tagged = versions.filter(({ tags }) => tags.size > 0);
      if (version.tags.size > 0 && tagged.length === 1) {
        const message =
          'You cannot delete the last tagged version of a package. You must delete the package instead.';
        return json({ message }, 400);
      }
      if (options.keepsVersions) {
        const message = 'Publicly visible package versions with more than 5000 downloads cannot be deleted.';
        return json({ message }, 400);
      }
      packages.set(
        fullName,
        versions.filter((each) => each !== version),
      );
      return reply(204);
    })(exchange);
  for (const route of ['/user/packages/*', '/users/*', '/orgs/*']) server.on(`DELETE ${route}`, deletion);

  server.on('/v2/*', (exchange) => {
    const { method, url, body, headers } = exchange.request;
    const path = new URL(url, server.origin).pathname;
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(path) ?? [];
    if (method === 'DELETE') return json({ errors: [{ code: 'UNSUPPORTED' }] }, 405)(exchange);
    const versions = packages.get(name);
    if (kind === 'manifests' && method === 'PUT') {
      const digest = put(
        name,
        reference.includes(':') ? [] : [reference],
        body,
        headers['content-type'] ?? '',
      );
      return reply(201, '', { 'docker-content-digest': digest })(exchange);
    }
    if (kind === 'blobs') {
      const digest = new URL(url, server.origin).searchParams.get('digest') ?? reference;
      if (method === 'POST')
        return reply(202, '', { location: `/v2/${name}/blobs/uploads/${randomUUID()}` })(exchange);
      if (method === 'PUT') blobs.add(digest);
      return reply(method === 'PUT' ? 201 : blobs.has(digest) ? 200 : 404)(exchange);
    }
    if (!versions) return json({ errors: [{ code: 'NAME_UNKNOWN' }] }, 404)(exchange);
    if (kind === 'tags') {
      const tags = versions.flatMap((version) => [...version.tags]).sort();
      return json({ name, tags })(exchange);
    }
    const version = versions.find(({ digest, tags }) => digest === reference || tags.has(reference));
    if (!version) return json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }, 404)(exchange);
    const replyHeaders = { 'content-type': version.mediaType, 'docker-content-digest': version.digest };
    return reply(200, version.bytes, replyHeaders)(exchange);
  });

  return {
    server,
    push: (fullName, tags, bytes = sampleManifest(), mediaType = OCI_MANIFEST) =>
      put(fullName, tags, bytes, mediaType),
    tagsOf: (fullName) =>
      Object.fromEntries(
        (packages.get(fullName) ?? []).flatMap(({ tags, digest }) => [...tags].map((tag) => [tag, digest])),
      ),
    digestsOf: (fullName) => (packages.get(fullName) ?? []).map(({ digest }) => digest),
    apiRequests: () => server.requests.filter(({ url }) => !url.startsWith('/v2/')),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function isPlaceholder({ bytes }: Version): boolean {
  return bytes.includes('io.github.berth.deleting');
}

/** An artifact that no other is the same as. */
function sampleManifest(): Buffer {
  const empty = createHash('sha256').update('{}').digest('hex');
  const config = { mediaType: 'application/vnd.example.config+json', digest: `sha256:${empty}`, size: 2 };
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config,
      layers: [],
      annotations: { id: randomUUID() },
    }),
  );
}
