/**
 * Nexus's API as far as Berth speaks to it, from https://help.sonatype.com/en/: search-api.html (search components),
 * pagination.html, components-api.html (delete), repositories-api.html (list, settings), and docker-registry.html for
 * where it serves images: at a connector's port, below `/repository/NAME`, or by the first part of the image's name.
 */
import { challenge, json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface NexusImage {
  readonly name: string;
  readonly version: string;
  readonly contentType?: string;
  readonly lastDownloaded?: string;
  /** The search does not know it yet. */
  readonly isUnindexed?: boolean;
}

export interface NexusContractOptions {
  /** Name of the repository → images. */
  readonly repositories: Readonly<Record<string, readonly NexusImage[]>>;
  /** `user:password`; without it everybody may. */
  readonly account?: string;
  /** A connector: `/v2/` is this repository's, and Nexus itself answers elsewhere. */
  readonly connectorOf?: string;
  /** The account manages repositories: it is told their ports. */
  readonly isManager?: boolean;
  /** The account may not delete. */
  readonly readOnly?: boolean;
  readonly withoutCatalog?: boolean;
}

export interface NexusContract extends AsyncDisposable {
  readonly server: FaultServer;
  /** Where images are pushed to, when that is a port of its own. */
  readonly connector: FaultServer;
  imagesOf(repository: string): readonly NexusImage[];
}

const PAGE_SIZE = 50;
const idOf = (repository: string, { name, version }: NexusImage): string =>
  Buffer.from(`${repository}:${name}:${version}`).toString('base64url');

export async function startNexusContract(options: NexusContractOptions): Promise<NexusContract> {
  const server = await FaultServer.start();
  const connector = options.connectorOf === undefined ? server : await FaultServer.start();
  const { account, connectorOf, isManager = false } = options;
  const repositories = new Map(Object.entries(options.repositories));
  const guarded =
    (next: (url: URL) => Behaviour): Behaviour =>
    (exchange) => {
      exchange.response.setHeader('server', 'Nexus/3.83.0-08 (COMMUNITY)');
      const { authorization } = exchange.request.headers;
      if (account !== undefined && authorization !== `Basic ${Buffer.from(account).toString('base64')}`)
        return challenge('BASIC realm="Sonatype Nexus Repository Manager"')(exchange);
      return next(new URL(exchange.request.url, server.origin))(exchange);
    };
  /** `rest` begins behind `/v2/`. */
  const docker = (repository: string, rest: string): Behaviour => {
    const images = repositories.get(repository);
    if (rest === '') return json({});
    if (rest === '_catalog') {
      if (options.withoutCatalog) return json({ errors: [{ code: 'UNSUPPORTED', message: 'no' }] }, 404);
      return json({ repositories: [...new Set(images?.map(({ name }) => name))] });
    }
    const [, image] = /^(.+)\/tags\/list$/.exec(rest) ?? [];
    const tags = images?.filter(({ name }) => name === image).map(({ version }) => version) ?? [];
    if (tags.length === 0) return json({ errors: [{ code: 'NAME_UNKNOWN', message: 'no' }] }, 404);
    return json({ name: image, tags: tags.filter((tag) => !tag.startsWith('sha256:')).toSorted() });
  };

  if (connector !== server) connector.on('*', reply(400, '<html><body>Not a Docker request</body></html>'));
  connector.on(
    'GET /v2/*',
    guarded((url) => {
      const rest = url.pathname.slice('/v2/'.length);
      if (connectorOf !== undefined) return docker(connectorOf, rest);
      const slash = rest.indexOf('/');
      return rest === '' ? json({}) : docker(rest.slice(0, Math.max(slash, 0)), rest.slice(slash + 1));
    }),
  );
  server.on(
    'GET /repository/*',
    guarded((url) => {
      const [, repository = '', rest = ''] = /^\/repository\/([^/]+)\/v2\/(.*)$/.exec(url.pathname) ?? [];
      return docker(repository, rest);
    }),
  );
  server.on(
    'GET /service/rest/v1/repositories',
    guarded(() =>
      json([
        { name: 'maven-central', format: 'maven2', type: 'proxy', url: '', attributes: {} },
        ...[...repositories.keys()].map((name) => ({
          name,
          format: 'docker',
          type: 'hosted',
          url: `${server.origin}/repository/${name}`,
          attributes: {},
        })),
      ]),
    ),
  );
  server.on(
    'GET /service/rest/v1/repositorySettings',
    guarded(() =>
      isManager
        ? json([
            { name: 'maven-central', format: 'maven2', type: 'proxy', online: true },
            ...[...repositories.keys()].map((name) => ({
              name,
              format: 'docker',
              type: 'hosted',
              online: true,
              docker: {
                v1Enabled: false,
                forceBasicAuth: true,
                httpPort: name === connectorOf ? Number(new URL(connector.origin).port) : null,
                httpsPort: null,
                subdomain: null,
              },
            })),
          ])
        : reply(403),
    ),
  );
  server.on(
    'GET /service/rest/v1/search',
    guarded((url) => {
      const { searchParams: query } = url;
      const all = [...repositories].flatMap(([repository, images]) =>
        images
          .filter(
            (image) =>
              !image.isUnindexed &&
              query.get('format') === 'docker' &&
              (query.get('repository') ?? repository) === repository &&
              // A word is found within words, too.
              image.name.includes(query.get('name') ?? '') &&
              (query.get('version') ?? image.version) === image.version,
          )
          .map((image) => toComponent(server.origin, repository, image)),
      );
      const start = Number(query.get('continuationToken') ?? 0);
      const end = start + PAGE_SIZE;
      return json({
        items: all.slice(start, end),
        continuationToken: end < all.length ? String(end) : null,
      });
    }),
  );
  server.on(
    'DELETE /service/rest/v1/components/*',
    guarded((url) => {
      const id = url.pathname.split('/').at(-1)!;
      if (options.readOnly) return reply(403);
      for (const [repository, images] of repositories) {
        const kept = images.filter((image) => idOf(repository, image) !== id);
        if (kept.length === images.length) continue;
        repositories.set(repository, kept);
        return reply(204);
      }
      return reply(404);
    }),
  );
  return {
    server,
    connector,
    imagesOf: (repository) => repositories.get(repository) ?? [],
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      if (connector !== server) await connector[Symbol.asyncDispose]();
    },
  };
}

function toComponent(origin: string, repository: string, image: NexusImage) {
  const { name, version, contentType = 'application/vnd.oci.image.manifest.v1+json' } = image;
  const path = `v2/${name}/manifests/${version}`;
  return {
    id: idOf(repository, image),
    repository,
    format: 'docker',
    group: null,
    name,
    version,
    assets: [
      {
        downloadUrl: `${origin}/repository/${repository}/${path}`,
        path,
        id: idOf(repository, image),
        repository,
        format: 'docker',
        checksum: {
          sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
          sha256: Buffer.from(`${name}${version}`.padEnd(32, '.')).toString('hex').slice(-64),
        },
        contentType,
        lastModified: '2026-01-02T03:04:05.678+00:00',
        lastDownloaded: image.lastDownloaded ?? null,
        uploader: 'ada',
        uploaderIp: '127.0.0.1',
        fileSize: 528,
        blobCreated: '2026-01-02T03:04:05.678+00:00',
      },
    ],
  };
}
