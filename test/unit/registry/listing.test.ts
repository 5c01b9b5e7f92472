/** RegistryClient's listings against a server that misbehaves on purpose. Numbers are rows of the fault table. */
import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Page } from '../../../src/core/registry/Page.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';

const TAGS = '/v2/app/tags/list';

async function readAll(list: (cursor: string | undefined) => Promise<Page<string>>) {
  const items: string[] = [];
  for (let cursor: string | undefined, pages = 1; ; pages += 1) {
    const page = await list(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return { items, pages, truncated: page.truncated === true };
    assert.ok(pages < 50, 'the listing does not end');
  }
}

describe('listings', () => {
  let server: FaultServer;
  let connection: TestConnection;

  beforeEach(async () => {
    server = await FaultServer.start();
    connection = new TestConnection(server.origin);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const listTags = (cursor?: string) => connection.client.listTags('app', cursor, 2, connection.signal);
  const listAllTags = () => readAll(listTags);
  const tags = (names: unknown, link?: string) =>
    json({ name: 'app', tags: names }, 200, link ? { link } : {});

  it('follows relative and absolute links and keeps the encoding of their cursor', async () => {
    server.on(
      TAGS,
      tags(['a', 'b'], `<${TAGS}?last=b%2Fb%20c&n=2>; rel="next"`),
      tags(['c'], `<${server.origin}${TAGS}?n=2&last=d>;rel=next`),
      tags(['d', 'e']),
    );
    assert.deepEqual(await listAllTags(), { items: ['a', 'b', 'c', 'd', 'e'], pages: 3, truncated: false });
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      [`${TAGS}?n=2`, `${TAGS}?last=b%2Fb%20c&n=2`, `${TAGS}?n=2&last=d`],
    );
  });

  it('47: stops at a link to another host, shows what came and says so', async () => {
    await using other = await FaultServer.start({ address: '127.0.0.2' });
    server.on(TAGS, tags(['a'], `<${other.origin}${TAGS}?last=a>; rel=next`));
    assert.deepEqual(await listAllTags(), { items: ['a'], pages: 1, truncated: true });
    assert.equal(other.requests.length, 0);
  });

  it('47: stops at a link out of the API', async () => {
    server.on(TAGS, tags(['a'], `</v2/../admin?last=a>; rel=next`));
    assert.deepEqual(await listAllTags(), { items: ['a'], pages: 1, truncated: true });
  });

  it('47: stops at a link to the same page, and at links in a circle', async () => {
    server.on(TAGS, tags(['a'], `<${TAGS}?n=2>; rel=next`));
    assert.deepEqual(await listAllTags(), { items: ['a'], pages: 1, truncated: true });

    server.on(
      TAGS,
      tags(['a'], '<?at=1>; rel=next'),
      tags(['b'], '<?at=2>; rel=next'),
      tags(['c'], '<?at=1>; rel=next'),
    );
    assert.deepEqual(await listAllTags(), { items: ['a', 'b', 'c'], pages: 3, truncated: true });
  });

  it('47: stops when ever new links bring the same page again', async () => {
    let count = 0;
    server.on(TAGS, (exchange) => tags(['a', 'b'], `<?at=${(count += 1)}>; rel=next`)(exchange));
    assert.deepEqual(await listAllTags(), { items: ['a', 'b'], pages: 2, truncated: true });
  });

  it('goes on after a short and after an empty page', async () => {
    server.on(TAGS, tags([], '<?at=1>; rel=next'), tags(null, '<?at=2>; rel=next'), tags(['z']));
    assert.deepEqual(await listAllTags(), { items: ['z'], pages: 3, truncated: false });
  });

  it('48: removes duplicates, sorts, and drops what is no tag', async () => {
    server.on(
      TAGS,
      tags(['v2', 'v1', 'v2', null, 7, '', '../x', 'a b', '-x', 'x'.repeat(129), '\u001b[31m']),
    );
    assert.deepEqual((await listTags()).items, ['v1', 'v2']);
  });

  it('48: treats null and missing tags as none', async () => {
    for (const body of [{ name: 'app', tags: null }, { name: 'app' }]) {
      server.on(TAGS, json(body));
      assert.deepEqual(await listTags(), { items: [] });
    }
  });

  it('49: calls a web page in the place of a list no registry', async () => {
    for (const type of [{ 'content-type': 'text/html; charset=utf-8' }, {}]) {
      server.on(TAGS, reply(200, '<!DOCTYPE html><title>Sign in to Wi-Fi</title>', type));
      await assert.rejects(
        listTags(),
        (error) => isCoreError(error, 'notARegistry') && error.details.host === server.host,
      );
    }
  });

  it('calls other nonsense a broken protocol', async () => {
    for (const body of ['', 'hello', '[]', '{"tags":"v1"}', '{"tags":']) {
      server.on(TAGS, reply(200, body));
      await assert.rejects(
        listTags(),
        (error) => isCoreError(error, 'protocol') && error.details.subject === 'app',
        body,
      );
    }
  });

  it('says that a repository is not there, with the code and words of the registry, made safe', async () => {
    const errors = [{ code: 'NAME_UNKNOWN', message: 'no \u001b[31msuch\u202e thing' }];
    server.on(TAGS, json({ errors }, 404));
    await assert.rejects(
      listTags(),
      (error) =>
        isCoreError(error, 'notFound') &&
        error.details.code === 'NAME_UNKNOWN' &&
        error.details.registryMessage === 'no such thing' &&
        error.details.operation === 'list tags',
    );
  });

  it('takes the kind from the code where the status says little', async () => {
    for (const [code, kind] of [
      ['NAME_UNKNOWN', 'notFound'],
      ['DENIED', 'forbidden'],
      ['ODD', 'protocol'],
    ] as const) {
      server.on(TAGS, json({ errors: [{ code, message: 'no' }] }, 400));
      await assert.rejects(listTags(), (error) => isCoreError(error, kind) && error.details.code === code);
    }
  });

  it('refuses a repository name that is none before anything is sent', async () => {
    for (const name of ['../x', 'A', '', 'a//b', 'a?b', 'a/../../b', '-x']) {
      await assert.rejects(connection.client.listTags(name, undefined, 2, connection.signal), (error) =>
        isCoreError(error, 'invalidInput'),
      );
    }
    assert.equal(server.requests.length, 0);
  });

  it('refuses a cursor that is not its own', async () => {
    for (const cursor of ['', 'x', '{"path":"https://evil.example/v2/","seen":[]}']) {
      await assert.rejects(listTags(cursor), (error) => isCoreError(error, 'invalidInput'));
    }
    assert.equal(server.requests.length, 0);
  });

  it('asks again without a size where the registry refuses the size of a page', async () => {
    const refusal = json({ errors: [{ code: 'PAGINATION_NUMBER_INVALID', message: 'too many' }] }, 400);
    server.on('/v2/_catalog', refusal, json({ repositories: ['a'] }));
    const page = await connection.client.listRepositories(undefined, 5_000, connection.signal);
    assert.deepEqual(page, { items: ['a'] });
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/v2/_catalog?n=5000', '/v2/_catalog'],
    );
  });

  it('says that a registry has no catalog', async () => {
    await assert.rejects(
      connection.client.listRepositories(undefined, 10, connection.signal),
      (error) => isCoreError(error, 'unsupported') && error.details.reason === 'noCatalog',
    );
  });

  it('lists the repositories of its namespace only, by their names within it', async () => {
    await using team = new TestConnection(`${server.origin}/team`);
    const repositories = ['other/x', 'team', 'team-b/x', 'team/app', 'team/deep/er', null, 'TEAM/x'];
    server.on('/v2/_catalog', json({ repositories }));
    const page = await team.client.listRepositories(undefined, 10, team.signal);
    assert.deepEqual(page.items, ['app', 'deep/er']);
    server.on('/v2/team/app/tags/list', json({ tags: ['v1'] }));
    assert.deepEqual((await team.client.listTags('app', undefined, 10, team.signal)).items, ['v1']);
  });

  it('never holds the event loop for 50 ms with 100,000 tags in one reply', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `v${(index * 7919) % 100_003}.${index}`);
    server.on(TAGS, tags(names));
    await listTags(); // once, so that the code is warm and not the compiler measured
    let longestMs = 0;
    let isDone = false;
    const watch = async (): Promise<void> => {
      // Our own processor time between two turns: a busy machine does not count.
      for (let before = process.threadCpuUsage(); !isDone;) {
        await new Promise((resolve) => setImmediate(resolve));
        const { user, system } = process.threadCpuUsage(before);
        longestMs = Math.max(longestMs, (user + system) / 1000);
        before = process.threadCpuUsage();
      }
    };
    const [page] = await Promise.all([listTags().finally(() => (isDone = true)), watch()]);
    assert.equal(page.items.length, 100_000);
    assert.deepEqual(page.items.slice(0, 1_000), [...names].sort().slice(0, 1_000));
    assert.ok(longestMs < 50, `held for ${longestMs} ms`);
  });
});
