/**
 * Artifactory's API as far as Berth speaks to it, from https://jfrog.com/help/r/jfrog-rest-apis/: get-repositories,
 * list-docker-repositories, aql-execution and artifactory-query-language (of which it understands just what the
 * provider asks), users-without-admin-privileges, delete-item; and its Docker API in the layouts of
 * https://jfrog.com/help/r/jfrog-artifactory-documentation/reverse-proxy-settings.
 */
import { json, reply } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour, Exchange } from '../faultServer/FaultServer.ts';

/** A file of a repository, as the query language gives it. */
export interface ArtifactoryItem {
  readonly path: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

export interface ArtifactoryContractOptions {
  /** Key → files. */
  readonly repositories: Readonly<Record<string, readonly ArtifactoryItem[]>>;
  /** `user:password`, or a token alone; without it everybody may. */
  readonly account?: string;
  /** What `/v2/` alone stands for: a repository (host or port of its own), or all of them, by path. */
  readonly root: { readonly key: string } | 'byPath';
  /** Queries are refused. */
  readonly withoutQueries?: boolean;
  readonly readOnly?: boolean;
}

export interface ArtifactoryContract extends AsyncDisposable {
  readonly server: FaultServer;
  itemsOf(key: string): readonly ArtifactoryItem[];
}

type Condition = Readonly<Record<string, unknown>>;
const failure = (status: number, message: string): Behaviour =>
  json({ errors: [{ status, message }] }, status);

export async function startArtifactoryContract(
  options: ArtifactoryContractOptions,
): Promise<ArtifactoryContract> {
  const server = await FaultServer.start();
  const { account, root } = options;
  const repositories = new Map(Object.entries(options.repositories));
  const signed: Behaviour = ({ response }) => {
    response.setHeader('x-jfrog-version', 'Artifactory/7.104.5 80405900');
    response.setHeader('x-artifactory-id', 'f00d:ba5e');
  };
  const isSignedIn = ({ request }: Exchange): boolean => {
    if (account === undefined) return true;
    const accepted = account.includes(':')
      ? `Basic ${Buffer.from(account).toString('base64')}`
      : `Bearer ${account}`;
    return request.headers.authorization === accepted;
  };
  const guarded =
    (next: (url: URL, exchange: Exchange) => Behaviour): Behaviour =>
    (exchange) => {
      void signed(exchange);
      if (isSignedIn(exchange)) return next(new URL(exchange.request.url, server.origin), exchange)(exchange);
      exchange.response.setHeader('www-authenticate', 'Basic realm="Artifactory Realm"');
      return failure(401, 'Authentication is required')(exchange);
    };
  const imagesOf = (key: string): string[] => {
    const names = (repositories.get(key) ?? [])
      .filter(({ name, path }) => name.endsWith('manifest.json') && !path.includes('/sha256:'))
      .map(({ path }) => path.slice(0, path.lastIndexOf('/')));
    return [...new Set(names)].toSorted();
  };
  /** The Docker API of one repository: `rest` begins behind `/v2/`. */
  const docker = (key: string, rest: string, url: URL): Behaviour => {
    // https://jfrog.com/knowledge-base/how-to-troubleshoot-docker-problems/: "404 – Resource not found, check repository".
    if (!repositories.has(key)) return failure(404, 'Resource not found');
    if (rest === '') return json({});
    if (rest === '_catalog') {
      const count = Number(url.searchParams.get('n') ?? 100);
      const start = imagesOf(key).indexOf(url.searchParams.get('last') ?? '') + 1;
      const names = imagesOf(key).slice(start, start + count);
      const link = `<${url.pathname}?n=${count}&last=${encodeURIComponent(names.at(-1) ?? '')}>; rel="next"`;
      const hasMore = start + count < imagesOf(key).length;
      return json({ repositories: names }, 200, { ...(hasMore && { link }) });
    }
    const [, image = ''] = /^(.+)\/tags\/list$/.exec(rest) ?? [];
    if (!imagesOf(key).includes(image)) return json({ errors: [{ code: 'NAME_UNKNOWN' }] }, 404);
    const tags = (repositories.get(key) ?? [])
      .filter(({ path, name }) => name.endsWith('manifest.json') && path.startsWith(`${image}/`))
      .map(({ path }) => path.slice(image.length + 1))
      .filter((tag) => !tag.includes('/') && !tag.startsWith('sha256:'));
    return json({ name: image, tags });
  };

  server.on(
    'GET /v2/*',
    guarded((url) => {
      const rest = url.pathname.slice('/v2/'.length);
      if (root !== 'byPath') return docker(root.key, rest, url);
      if (rest === '') return json({});
      const slash = rest.indexOf('/');
      if (slash < 0) return failure(404, `Unsupported docker repository request for '${rest}'`);
      return docker(rest.slice(0, slash), rest.slice(slash + 1), url);
    }),
  );
  server.on(
    'GET /artifactory/api/docker/*',
    guarded((url) => {
      const [, key = '', rest = ''] =
        /^\/artifactory\/api\/docker\/([^/]+)\/v2\/(.*)$/.exec(url.pathname) ?? [];
      return docker(key, rest, url);
    }),
  );
  server.on(
    'GET /artifactory/api/repositories',
    guarded((url) => {
      const all = [...repositories.keys()].map((key) => ({
        key,
        type: 'LOCAL',
        url: `${server.origin}/artifactory/${key}`,
        packageType: 'Docker',
      }));
      return json(url.searchParams.get('packageType') === 'docker' ? all : []);
    }),
  );
  server.on(
    'POST /artifactory/api/search/aql',
    guarded((_, { request }) => {
      if (options.withoutQueries || request.headers.authorization === undefined)
        return failure(403, 'This request is blocked due to recent login failures or lack of permissions');
      const query = request.body.toString();
      const [, find = '', fields = '', rest = ''] =
        /^items\.find\((\{.*\})\)\.include\(([^)]*)\)(.*)$/.exec(query) ?? [];
      const included = JSON.parse(`[${fields}]`) as string[];
      if (!['repo', 'path', 'name'].every((field) => included.includes(field)))
        return failure(400, 'Fields repo, path and name are mandatory');
      const condition = JSON.parse(find) as Condition;
      const key = String(condition['repo']);
      const found = (repositories.get(key) ?? [])
        .map((item): Condition => ({ repo: key, ...item }))
        .filter((item) => matches(item, condition))
        .toSorted((a, b) => (!rest.includes('.sort') || String(a['path']) < String(b['path']) ? -1 : 1));
      const offset = Number(/\.offset\((\d+)\)/.exec(rest)?.[1] ?? 0);
      const limit = Number(/\.limit\((\d+)\)/.exec(rest)?.[1] ?? found.length);
      // As users of it found: JFrog's repostats plugin (util/download_stat.go) reads all in one piece for this reason.
      if (included.some((field) => field.startsWith('stat.')) && rest !== '')
        return failure(400, 'Fields of other domains go with neither sort nor limit');
      const results = found.slice(offset, offset + limit).map((item) => ({
        ...Object.fromEntries(
          included.filter((field) => !field.includes('.')).map((field) => [field, item[field]]),
        ),
        // `"stats" : [ { "downloaded" : … } ]`
        ...(included.includes('stat.downloaded') &&
          item['downloaded'] !== undefined && { stats: [{ downloaded: item['downloaded'] }] }),
      }));
      const range = { start_pos: offset, end_pos: offset + results.length, total: results.length };
      return json({ results, range });
    }),
  );
  server.on(
    'DELETE /artifactory/*',
    guarded((url) => {
      const [key = '', ...parts] = url.pathname
        .slice('/artifactory/'.length)
        .split('/')
        .map(decodeURIComponent);
      const folder = parts.join('/');
      if (options.readOnly) return failure(403, `Not enough permissions to delete ${key}:${folder}`);
      const items = repositories.get(key) ?? [];
      const kept = items.filter(({ path }) => path !== folder && !path.startsWith(`${folder}/`));
      if (kept.length === items.length) return failure(404, `Could not locate artifact '${key}:${folder}'`);
      repositories.set(key, kept);
      return reply(204);
    }),
  );
  return {
    server,
    itemsOf: (key) => repositories.get(key) ?? [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function matches(item: Condition, condition: Condition): boolean {
  return Object.entries(condition).every(([field, wanted]) => {
    if (field === '$and') return (wanted as Condition[]).every((each) => matches(item, each));
    if (field === '$or') return (wanted as Condition[]).some((each) => matches(item, each));
    const value = String(item[field]);
    const tests = typeof wanted === 'string' ? { $eq: wanted } : (wanted as Record<string, string>);
    return Object.entries(tests).every(([operator, operand]) => {
      switch (operator) {
        case '$eq':
          return value === operand;
        case '$gte':
          return value >= operand;
        case '$lte':
          return value <= operand;
        case '$match':
          return isLike(value, operand);
        case '$nmatch':
          return !isLike(value, operand);
        default:
          throw new Error(`no operator ${operator}`);
      }
    });
  });
}

/** `*` stands for anything, `?` for one character. */
function isLike(value: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);
}

/** The files of one tag: manifest, config and layers, `sizeInBytes` in all. */
export function artifactoryTag(
  image: string,
  tag: string,
  {
    sizeInBytes = 4321,
    isIndex = false,
    downloaded,
  }: { sizeInBytes?: number; isIndex?: boolean; downloaded?: string } = {},
): ArtifactoryItem[] {
  const path = `${image}/${tag}`;
  const sha256 = Buffer.from(`${image}${tag}`.padEnd(32, '.')).toString('hex').slice(-64);
  const times = { created: '2026-01-01T00:00:00.000Z', modified: '2026-01-02T03:04:05.678Z' };
  const manifest = {
    path,
    name: isIndex ? 'list.manifest.json' : 'manifest.json',
    size: 500,
    sha256,
    ...times,
    ...(downloaded !== undefined && { downloaded }),
  };
  if (isIndex) {
    const child = { path: `${image}/sha256:${sha256}`, size: 500, sha256, ...times };
    return [manifest, { ...child, name: 'manifest.json' }, { ...child, name: `sha256__${sha256}` }];
  }
  const blob = (index: number, size: number) => ({ path, name: `sha256__${sha256.slice(1)}${index}`, size });
  return [manifest, blob(1, 321), blob(2, sizeInBytes - 321)];
}
