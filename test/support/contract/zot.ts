/**
 * zot as far as Berth speaks to it: extension discovery
 * (https://github.com/opencontainers/distribution-spec/tree/main/extensions#extension-discovery), ImageList of the
 * search extension (https://zotregistry.dev/latest/articles/graphql/, pkg/extensions/search/schema.graphql) and
 * tags/list of the OCI API.
 */
import { challenge, json } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface ZotContractImage {
  readonly Tag: string;
  readonly [field: string]: unknown;
}

export interface ZotContractOptions {
  /** Full name → images, in any order. */
  readonly repositories: Readonly<Record<string, readonly ZotContractImage[]>>;
  /** `user:password`; without it everybody may. */
  readonly account?: string;
  /** A minimal build, or the extension switched off. */
  readonly withoutSearch?: boolean;
  /** The schema of zot 1.3, which has neither pages nor `Manifests`: other queries are refused. */
  readonly oldSchema?: boolean;
}

export async function startZotContract(options: ZotContractOptions): Promise<FaultServer> {
  const server = await FaultServer.start();
  const { account, repositories } = options;
  const guarded =
    (next: (url: URL) => Behaviour): Behaviour =>
    (exchange) => {
      const { authorization } = exchange.request.headers;
      if (account !== undefined && authorization !== `Basic ${Buffer.from(account).toString('base64')}`)
        return challenge('Basic realm="Authorization Required"')(exchange);
      return next(new URL(exchange.request.url, server.origin))(exchange);
    };
  server.on(
    'GET /v2/*',
    guarded((url) => {
      const [, name = ''] = /^\/v2\/(.+)\/tags\/list$/.exec(url.pathname) ?? [];
      const images = repositories[name];
      if (!images) return json({ errors: [{ code: 'NAME_UNKNOWN', message: 'unknown' }] }, 404);
      return json({ name, tags: images.map(({ Tag }) => Tag).toSorted() });
    }),
  );
  server.on(
    'GET /v2/_oci/ext/discover',
    guarded(() =>
      json({
        extensions: options.withoutSearch
          ? []
          : [{ name: '_zot', description: 'zot registry extensions', endpoints: ['/v2/_zot/ext/search'] }],
      }),
    ),
  );
  server.on(
    'GET /v2/_zot/ext/search',
    guarded((url) => {
      if (options.withoutSearch) return json({ errors: [{ code: 'NAME_UNKNOWN', message: 'no' }] }, 404);
      const query = url.searchParams.get('query') ?? '';
      if (options.oldSchema || !/^query \w+\(\$repo: String!/.test(query))
        return json({ errors: [{ message: 'Cannot query field "Results"' }], data: null }, 422);
      const { repo, limit, offset } = JSON.parse(url.searchParams.get('variables') ?? '{}') as {
        repo: string;
        limit: number;
        offset: number;
      };
      const images = repositories[repo];
      if (!images || limit < 0 || offset < 0)
        return json({ errors: [{ message: 'metadb: repo metadata not found' }], data: null });
      const sorted = images.toSorted((a, b) => (a.Tag < b.Tag ? -1 : 1));
      const results = sorted.slice(offset, limit === 0 ? undefined : offset + limit);
      const page = { TotalCount: images.length, ItemCount: results.length };
      return json({ data: { ImageList: { Page: page, Results: results } } });
    }),
  );
  return server;
}

/** An image as ImageList gives it: of one platform. */
export function zotImage(tag: string, fields: Readonly<Record<string, unknown>> = {}): ZotContractImage {
  return {
    Tag: tag,
    Digest: `sha256:${Buffer.from(tag.padEnd(32, '.')).toString('hex').slice(0, 64)}`,
    MediaType: 'application/vnd.oci.image.manifest.v1+json',
    Size: '4321',
    LastUpdated: '2026-01-02T03:04:05Z',
    Manifests: [
      {
        ArtifactType: 'application/vnd.oci.image.config.v1+json',
        Platform: { Os: 'linux', Arch: 'amd64' },
      },
    ],
    ...fields,
  };
}
