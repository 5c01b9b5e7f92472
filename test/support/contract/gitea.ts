/**
 * Gitea's API as far as Berth speaks to it, for what a real one does not show in a test: long lists, and servers that
 * hide. Operations userGetCurrent, orgListCurrentUserOrgs, listPackages and deletePackageVersion of
 * https://docs.gitea.com/api/next/ (the same in Forgejo), and the registry's catalog and deletion.
 */
import { json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface GiteaContractOptions {
  /** Owner → package → versions. */
  readonly packages: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly account: string;
  readonly organizations: readonly string[];
  /** Organizations whose packages the account may not see. */
  readonly hidden?: readonly string[];
  /** The token is for packages only, or there is no API at all where we look. */
  readonly api?: 'packagesOnly' | 'missing';
}

const MAX_PAGE_SIZE = 50;
const failure = (status: number, message: string): Behaviour =>
  json({ message, url: 'https://gitea.example/api/swagger' }, status);

export async function startGiteaContract(options: GiteaContractOptions): Promise<FaultServer> {
  const server = await FaultServer.start();
  const { account, api, hidden = [], organizations } = options;
  const packages = new Map(
    Object.entries(options.packages).map(([owner, all]) => [owner, new Map(Object.entries(all))]),
  );
  const on = (route: string, next: (url: URL) => Behaviour): void => {
    server.on(route, (exchange) => next(new URL(exchange.request.url, server.origin))(exchange));
  };
  const paged = (url: URL, all: readonly unknown[]): Behaviour => {
    const size = Math.min(MAX_PAGE_SIZE, Number(url.searchParams.get('limit') ?? 30));
    const page = Number(url.searchParams.get('page') ?? 1);
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    const hasMore = page * size < all.length;
    return json(all.slice((page - 1) * size, page * size), 200, {
      'x-total-count': all.length,
      ...(hasMore && { link: `<${next.href}>; rel="next"` }),
    });
  };
  const ofAccount = (give: () => Behaviour): Behaviour => {
    if (api === 'missing')
      return reply(404, '<html><body>404</body></html>', { 'content-type': 'text/html' });
    if (api === 'packagesOnly')
      return failure(403, 'token does not have at least one of required scope(s): [read:user]');
    return give();
  };
  on('GET /api/v1/user', () => ofAccount(() => json({ id: 1, login: account })));
  on('GET /api/v1/user/orgs', (url) =>
    ofAccount(() =>
      paged(
        url,
        organizations.map((name, id) => ({ id, name, username: name })),
      ),
    ),
  );
  on('GET /api/v1/packages/*', (url) => {
    const owner = decodeURIComponent(url.pathname.split('/').at(-1)!);
    if (api === 'missing' || hidden.includes(owner)) return failure(404, 'not found');
    const versions = [...(packages.get(owner) ?? [])].flatMap(([name, all]) =>
      all.map((version) => ({ type: 'container', name, version, created_at: '2026-01-02T03:04:05Z' })),
    );
    return paged(url, url.searchParams.get('type') === 'container' ? versions : []);
  });
  const remove = (owner: string, name: string, version: string): boolean => {
    const versions = packages.get(owner)?.get(name) ?? [];
    packages.get(owner)?.set(
      name,
      versions.filter((each) => each !== version),
    );
    return versions.includes(version);
  };
  on('DELETE /api/v1/packages/*', (url) => {
    const [owner = '', , name = '', version = ''] = url.pathname.split('/').slice(4).map(decodeURIComponent);
    if (api === 'packagesOnly')
      return failure(403, 'token does not have at least one of required scope(s): [write:package]');
    return api === undefined && remove(owner, name, version) ? reply(204) : failure(404, 'not found');
  });
  on('GET /v2/_catalog', () => {
    const repositories = [...packages].flatMap(([owner, all]) =>
      [...all.keys()].map((name) => `${owner}/${name}`),
    );
    return json({ repositories: repositories.map((name) => name.toLowerCase()) });
  });
  on('DELETE /v2/*', (url) => {
    const [, owner = '', name = '', tag = ''] =
      /^\/v2\/([^/]+)\/(.+)\/manifests\/([^/]+)$/.exec(url.pathname) ?? [];
    return remove(owner, name, tag) ? reply(202) : json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }, 404);
  });
  return server;
}
