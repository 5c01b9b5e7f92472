/**
 * Google's registries as far as Berth speaks to them. tags/list with `child` and `manifest`: in no reference, as
 * google/go-containerregistry reads it (pkg/v1/google/list.go: numbers as text, Artifact Registry's upload time as a
 * number). Sign-in: https://cloud.google.com/artifact-registry/docs/docker/authentication. Projects:
 * https://cloud.google.com/resource-manager/reference/rest/v1/projects/list. Repositories:
 * https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories/list. Errors of both:
 * https://cloud.google.com/apis/design/errors#http_mapping. Refused deletions: GoogleCloudPlatform/gcr-cleaner#130.
 */
import { challenge, json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from '../faultServer/FaultServer.ts';

export interface GoogleContractManifest {
  readonly imageSizeBytes?: unknown;
  readonly mediaType?: unknown;
  readonly timeCreatedMs?: unknown;
  readonly timeUploadedMs?: unknown;
  readonly tag?: readonly string[];
}

export interface GoogleContractOptions {
  /** The OAuth token that opens it. */
  readonly accessToken: string;
  /** Path of a repository → its manifests by digest. */
  readonly images?: Readonly<Record<string, Readonly<Record<string, GoogleContractManifest>>>>;
  /** Paths that answer 403. */
  readonly closedPaths?: readonly string[];
  /** Whether the account may delete nothing. */
  readonly deletesNothing?: boolean;
  /** Repositories of `project/location`: name → format. */
  readonly repositories?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Project → its state. */
  readonly projects?: Readonly<Record<string, string>>;
  /** Permissions of Google Cloud that the account has not. */
  readonly missingPermissions?: readonly string[];
  /** What the APIs give in one page at most. */
  readonly pageSize?: number;
}

export interface GoogleContract extends AsyncDisposable {
  readonly server: FaultServer;
  /** Besides the sign-in. */
  dataRequests(): RecordedRequest[];
}

const MAX_PAGE_SIZE = 1_000;

export async function startGoogleContract(options: GoogleContractOptions): Promise<GoogleContract> {
  const server = await FaultServer.start();
  const { accessToken, images = {}, closedPaths = [], missingPermissions = [] } = options;
  const registryToken = 'registry-token';
  const service = 'registry.google.test';

  const giveToken: Behaviour = (exchange) => {
    const basic = Buffer.from(`oauth2accesstoken:${accessToken}`).toString('base64');
    const isAllowed =
      exchange.request.headers.authorization === `Basic ${basic}` &&
      new URL(exchange.request.url, server.origin).searchParams.get('service') === service;
    return isAllowed
      ? json({ token: registryToken, expires_in: 300 })(exchange)
      : json({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication failed' }] }, 401)(exchange);
  };

  const registry: Behaviour = (exchange) => {
    const { method, url, headers } = exchange.request;
    if (headers.authorization !== `Bearer ${registryToken}`) {
      return challenge(`Bearer realm="${server.origin}/v2/token",service="${service}"`)(exchange);
    }
    const [, path = '', kind, reference = ''] = /^\/v2\/(.+)\/(tags|manifests)\/([^/?]+)/.exec(url) ?? [];
    if (closedPaths.includes(path)) {
      return json({ errors: [{ code: 'DENIED', message: 'Permission denied' }] }, 403)(exchange);
    }
    if (kind === 'tags' && method === 'GET') return tagsOf(path)(exchange);
    if (kind === 'manifests' && method === 'DELETE' && options.deletesNothing) {
      return json({ errors: [{ code: 'DENIED', message: 'Permission denied' }] }, 403)(exchange);
    }
    if (kind === 'manifests' && method === 'DELETE') return deleteOf(path, reference)(exchange);
    return json({ errors: [{ code: 'NAME_UNKNOWN', message: 'not found' }] }, 404)(exchange);
  };

  const tagsOf = (path: string): Behaviour => {
    const below = Object.keys(images).filter((name) => name.startsWith(`${path}/`));
    const manifest = images[path];
    if (below.length === 0 && manifest === undefined) {
      return json({ errors: [{ code: 'NAME_UNKNOWN', message: `Repository ${path} not found` }] }, 404);
    }
    const child = [...new Set(below.map((name) => name.slice(path.length + 1).split('/')[0]!))];
    const tags = Object.values(manifest ?? {}).flatMap(({ tag = [] }) => tag);
    return json({ child, manifest: manifest ?? {}, name: path, tags: tags.sort() });
  };

  const deleteOf = (path: string, reference: string): Behaviour => {
    const manifests = images[path] ?? {};
    if (!reference.startsWith('sha256:')) {
      const isThere = Object.values(manifests).some(({ tag = [] }) => tag.includes(reference));
      return isThere ? reply(202) : json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }, 404);
    }
    const code =
      (manifests[reference]?.tag ?? []).length > 0
        ? 'GOOGLE_MANIFEST_DANGLING_TAG'
        : 'GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE';
    return json({ errors: [{ code, message: 'Manifest is still referenced' }] }, 400);
  };

  const api =
    (permission: string, list: (url: URL) => { field: string; entries: readonly unknown[] }): Behaviour =>
    (exchange) => {
      const url = new URL(exchange.request.url, server.origin);
      const refuse = (code: number, status: string, message: string) =>
        json({ error: { code, message, status } }, code)(exchange);
      if (exchange.request.headers.authorization !== `Bearer ${accessToken}`) {
        return refuse(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
      }
      if (missingPermissions.includes(permission)) {
        return refuse(403, 'PERMISSION_DENIED', `Permission '${permission}' denied on resource.`);
      }
      const asked = Number(url.searchParams.get('pageSize'));
      if (!(asked >= 0 && asked <= MAX_PAGE_SIZE)) return refuse(400, 'INVALID_ARGUMENT', 'bad page size');
      const size = Math.min(asked || 100, options.pageSize ?? MAX_PAGE_SIZE);
      const start = Number(url.searchParams.get('pageToken') ?? 0);
      const { field, entries } = list(url);
      const end = start + size;
      return json({
        [field]: entries.slice(start, end),
        ...(end < entries.length && { nextPageToken: String(end) }),
      })(exchange);
    };

  server.on('/v2/*', registry).on('GET /v2/token', giveToken);
  server.on(
    'GET /v1/projects/*',
    api('artifactregistry.repositories.list', ({ pathname }) => {
      const [, project = '', location = ''] =
        /^\/v1\/projects\/([^/]+)\/locations\/([^/]+)\/repositories$/.exec(pathname) ?? [];
      const repositories = options.repositories?.[`${project}/${location}`] ?? {};
      const entries = Object.entries(repositories).map(([name, format]) => ({
        name: `projects/${project}/locations/${location}/repositories/${name}`,
        format,
        mode: 'STANDARD_REPOSITORY',
      }));
      return { field: 'repositories', entries };
    }),
  );
  server.on(
    'GET /v1/projects',
    api('resourcemanager.projects.get', () => ({
      field: 'projects',
      entries: Object.entries(options.projects ?? {}).map(([projectId, lifecycleState]) => ({
        projectNumber: '1',
        projectId,
        lifecycleState,
      })),
    })),
  );
  return {
    server,
    dataRequests: () =>
      server.requests.filter(
        ({ url, headers }) => !url.startsWith('/v2/token') && headers.authorization !== undefined,
      ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
