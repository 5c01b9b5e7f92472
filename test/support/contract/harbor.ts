/**
 * Harbor's API as far as Berth speaks to it, from api/v2.0/swagger.yaml of goharbor/harbor (every server shows it at
 * /devcenter-api-2.0): getSystemInfo, listAllRepositories, listRepositories, listArtifacts, getArtifact, deleteArtifact, deleteTag.
 */
import { json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface HarborContractArtifact {
  readonly digest: string;
  readonly tags: readonly string[] | null;
  readonly [field: string]: unknown;
}

export interface HarborContractOptions {
  /** Full name → artifacts, newest first. */
  readonly repositories: Readonly<Record<string, readonly HarborContractArtifact[]>>;
  /** `user:password`; the project `library` is for everybody, others only for it. */
  readonly account?: string;
  /** The account may not delete. */
  readonly readOnly?: boolean;
  readonly immutableTags?: readonly string[];
}

export interface HarborContract extends AsyncDisposable {
  readonly server: FaultServer;
  artifactsOf(repository: string): readonly HarborContractArtifact[];
}

const MAX_PAGE_SIZE = 100;
const failure = (status: number, code: string, message: string): Behaviour =>
  json({ errors: [{ code, message }] }, status);

export async function startHarborContract(options: HarborContractOptions): Promise<HarborContract> {
  const server = await FaultServer.start();
  const { account, immutableTags = [], readOnly = false } = options;
  const repositories = new Map(Object.entries(options.repositories));

  const guarded =
    (next: (url: URL, isSignedIn: boolean) => Behaviour): Behaviour =>
    (exchange) => {
      const { authorization } = exchange.request.headers;
      const isSignedIn =
        account !== undefined && authorization === `Basic ${Buffer.from(account).toString('base64')}`;
      if (authorization !== undefined && !isSignedIn)
        return failure(401, 'UNAUTHORIZED', 'unauthorized')(exchange);
      return next(new URL(exchange.request.url, server.origin), isSignedIn)(exchange);
    };
  const paged = (url: URL, all: readonly unknown[]): Behaviour => {
    const size = Number(url.searchParams.get('page_size') ?? 10);
    const page = Number(url.searchParams.get('page') ?? 1);
    if (!(size >= 1 && size <= MAX_PAGE_SIZE && page >= 1))
      return failure(422, 'UNPROCESSABLE_ENTITY', 'page_size in query should be less than or equal to 100');
    const next = new URLSearchParams(url.searchParams);
    next.set('page', String(page + 1));
    const link = `<${url.pathname}?${next.toString()}>; rel="next"`;
    return json(all.slice((page - 1) * size, page * size), 200, {
      'x-total-count': all.length,
      ...(page * size < all.length && { link }),
    });
  };
  const isVisible = (name: string, isSignedIn: boolean): boolean => isSignedIn || name.startsWith('library/');

  const deleteTag = (full: string, reference: string, tag: string): Behaviour => {
    if (readOnly) return failure(403, 'FORBIDDEN', 'forbidden');
    const artifacts = repositories.get(full)!;
    const isThere = artifacts.some(({ tags }) => tags?.includes(tag) && tags.includes(reference));
    if (!isThere) return failure(404, 'NOT_FOUND', `tag ${tag} not found`);
    if (immutableTags.includes(tag))
      return failure(412, 'PRECONDITION', `the tag ${tag} is configured as immutable`);
    repositories.set(
      full,
      artifacts.map((each) => ({ ...each, tags: each.tags?.filter((name) => name !== tag) ?? null })),
    );
    return reply(200);
  };

  /** With all its tags. */
  const deleteArtifact = (full: string, digest: string): Behaviour => {
    if (readOnly) return failure(403, 'FORBIDDEN', 'forbidden');
    const artifacts = repositories.get(full)!;
    const kept = artifacts.filter((each) => each.digest !== digest);
    if (kept.length === artifacts.length) return failure(404, 'NOT_FOUND', `artifact ${digest} not found`);
    repositories.set(full, kept);
    return reply(200);
  };

  server.on('GET /api/v2.0/systeminfo', json({ auth_mode: 'db_auth', self_registration: false }));
  server.on(
    'GET /api/v2.0/repositories',
    guarded((url, isSignedIn) =>
      paged(
        url,
        [...repositories.keys()].filter((name) => isVisible(name, isSignedIn)).map((name) => ({ name })),
      ),
    ),
  );
  server.on('/api/v2.0/projects/*', (exchange) =>
    guarded((url, isSignedIn) => {
      const [, project = '', encoded, reference, tag] =
        /^\/api\/v2\.0\/projects\/([^/]+)\/repositories(?:\/([^/]+)\/artifacts(?:\/([^/]+)(?:\/tags\/([^/]+))?)?)?$/.exec(
          url.pathname,
        ) ?? [];
      if (!isVisible(`${project}/`, isSignedIn)) return failure(401, 'UNAUTHORIZED', 'unauthorized');
      if (encoded === undefined) {
        const own = [...repositories.keys()].filter((name) => name.startsWith(`${project}/`));
        return paged(
          url,
          own.map((name) => ({ name })),
        );
      }
      // Encoded once, a slash would be one by the time Harbor sees it.
      const full = `${project}/${decodeURIComponent(decodeURIComponent(encoded))}`;
      const artifacts = repositories.get(full);
      if (!artifacts || /%2F/i.test(encoded)) return failure(404, 'NOT_FOUND', `${full} not found`);
      if (exchange.request.method === 'DELETE') {
        return tag === undefined
          ? deleteArtifact(full, reference ?? '')
          : deleteTag(full, reference ?? '', tag);
      }
      if (reference === undefined) {
        // `tags=*` and `tags=nil`, as the swagger's parameter `query` says.
        const wanted = url.searchParams.get('q');
        const isWanted = ({ tags }: HarborContractArtifact) =>
          wanted === null || (wanted === 'tags=nil') !== Boolean(tags?.length);
        return paged(
          url,
          artifacts.filter(isWanted).map((artifact) => withTags(artifact, immutableTags)),
        );
      }
      const found = artifacts.find(({ tags, digest }) => digest === reference || tags?.includes(reference));
      return found
        ? json(withTags(found, immutableTags))
        : failure(404, 'NOT_FOUND', `${reference} not found`);
    })(exchange),
  );
  return {
    server,
    artifactsOf: (repository) => repositories.get(repository) ?? [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function withTags({ tags, ...artifact }: HarborContractArtifact, immutableTags: readonly string[]) {
  return {
    ...artifact,
    tags:
      tags?.map((name) => ({
        name,
        push_time: artifact['push_time'],
        immutable: immutableTags.includes(name),
      })) ?? null,
  };
}

/** An image as listArtifacts gives it: of one platform. */
export function harborArtifact(
  tags: readonly string[] | null,
  fields: Readonly<Record<string, unknown>> = {},
): HarborContractArtifact {
  const seed = (tags?.join() ?? 'none').padEnd(32, '.');
  return {
    digest: `sha256:${Buffer.from(seed).toString('hex').slice(0, 64)}`,
    type: 'IMAGE',
    media_type: 'application/vnd.oci.image.config.v1+json',
    manifest_media_type: 'application/vnd.oci.image.manifest.v1+json',
    size: 4321,
    push_time: '2026-01-02T03:04:05.678Z',
    pull_time: '0001-01-01T00:00:00.000Z',
    extra_attrs: { architecture: 'amd64', os: 'linux', created: '2025-12-31T00:00:00Z', config: {} },
    references: null,
    tags,
    ...fields,
  };
}
