import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { GitLabProvider } from '../../../src/core/providers/GitLabProvider.ts';
import { detectProviderKind } from '../../../src/core/providers/index.ts';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { startGitLabContract } from '../../support/contract/gitlab.ts';
import type { GitLabContract, GitLabContractTag } from '../../support/contract/gitlab.ts';
import { challenge, json } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { kindWhenMet } from '../../support/kindWhenMet.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAllRepositories, listAllTags } from '../../support/listAll.ts';

const TOKEN = 'glpat-token';
const CREATED = '2025-03-04T05:06:07+00:00';

describe('GitLabProvider', () => {
  const { signal } = new AbortController();
  const credential = { kind: 'basic', username: 'me', password: TOKEN } as const;
  const tag = (name: string, fields: object = {}): GitLabContractTag => ({
    name,
    digest: digestOf(Buffer.from(name)),
    createdAt: CREATED,
    publishedAt: '2025-03-05T00:00:00+00:00',
    totalSize: '5000000000',
    mediaType: MediaType.ociManifest,
    ...fields,
  });
  const open = async (contract: { server: FaultServer }, path = '', password = TOKEN) => {
    const used = { ...credential, password };
    const connection = new TestConnection(`${contract.server.origin}${path}`, { credential: used });
    return {
      provider: (await GitLabProvider.open(
        testProviderContext(connection, { credential: used }),
      )) as RegistryProvider,
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  };
  const withTags = (tags: readonly GitLabContractTag[], more: object = {}): Promise<GitLabContract> =>
    startGitLabContract({
      token: TOKEN,
      projects: { 'group/app': { web: tags } },
      groups: ['group'],
      ...more,
    });

  it('is recognised by gitlab.com’s registry', () => {
    assert.equal(detectProviderKind(createEndpoint('registry.gitlab.com', 'namespace')), 'gitlab');
    assert.equal(detectProviderKind(createEndpoint('registry.gitlab.com.example', 'namespace')), 'oci');
  });

  it('is recognised elsewhere by where its registry sends for tokens', async () => {
    await using contract = await withTags([]);
    assert.equal(await kindWhenMet(contract.server.origin, signal), 'gitlab');
    const tokenRealm = `${contract.server.origin}/token`;
    assert.equal(detectProviderKind(createEndpoint('registry.example', 'namespace'), { tokenRealm }), 'oci');
  });

  it('shows 1,000 tags with size and date in at most ten requests once the repository was listed', async () => {
    await using contract = await withTags(Array.from({ length: 1_000 }, (_, i) => tag(`v${1_000 + i}`)));
    await using session = await open(contract, '/group');
    assert.deepEqual(await listAllRepositories(session.provider), ['app/web']);
    const before = contract.server.requests.length;
    const tags = await listAllTags(session.provider, 'app/web');
    assert.equal(tags.length, 1_000);
    for (const { details } of tags) {
      assert.deepEqual(
        [details?.sizeInBytes, details?.createdAt?.getTime(), details?.kind],
        [5_000_000_000, Date.parse(CREATED), 'image'],
      );
    }
    await session.provider.getTagDetails('app/web', 'v1001', signal);
    assert.ok(contract.server.requests.length - before <= 10);
  });

  it('finds a pinned repository by the projects above it', async () => {
    await using contract = await startGitLabContract({
      token: TOKEN,
      projects: { 'group/sub/app': { '': [tag('root')], 'web/deep': [tag('v1')] } },
    });
    await using session = await open(contract);
    const names = async (repository: string) =>
      (await listAllTags(session.provider, repository)).map(({ name }) => name);
    assert.deepEqual(await names('group/sub/app/web/deep'), ['v1']);
    assert.deepEqual(await names('group/sub/app'), ['root']);
  });

  it('lists the groups and own projects of the account, none twice', async () => {
    const images = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${1_000 + i}`, []]));
    await using contract = await startGitLabContract({
      token: TOKEN,
      groups: ['group', 'group/sub'],
      ownProjects: ['me/own'],
      projects: {
        'group/app': images(150),
        'group/sub/tool': { '': [] },
        'me/own': images(2),
        'other/x': images(1),
      },
    });
    await using session = await open(contract);
    const names = await listAllRepositories(session.provider);
    assert.equal(names.length, 153);
    assert.equal(new Set(names).size, 153);
    assert.ok(names.includes('group/sub/tool') && names.includes('me/own/i1001'));
  });

  it('lists one project where the address names it, and knows its page', async () => {
    await using contract = await withTags([]);
    await using session = await open(contract, '/group/app');
    assert.equal(session.provider.webUrl('web'), undefined);
    assert.deepEqual(await listAllRepositories(session.provider), ['web']);
    assert.equal(
      session.provider.webUrl('web'),
      `${contract.server.origin}/group/app/container_registry/1000`,
    );
  });

  it('does without the fields that an older version has not', async () => {
    await using contract = await withTags([tag('v1', { mediaType: null, publishedAt: null })], {
      unknownFields: ['publishedAt', 'mediaType'],
    });
    await using session = await open(contract, '/group');
    for (let round = 1; round <= 2; round += 1) {
      const [first] = await listAllTags(session.provider, 'app/web');
      assert.equal(first?.details?.createdAt?.getTime(), Date.parse(CREATED));
    }
    const queries = contract.apiRequests().filter(({ url }) => url === '/api/graphql');
    assert.equal(queries.length, 3, 'what is unknown is asked for once');
  });

  it('leaves out details that are not there, and tags that are none', async () => {
    await using contract = await withTags([
      tag('odd', { digest: null }),
      tag('multi', {
        mediaType: MediaType.ociIndex,
        totalSize: null,
        createdAt: '0001-01-01T00:00:00+00:00',
      }),
      tag('../x'),
    ]);
    await using session = await open(contract, '/group');
    const [odd, multi, ...rest] = await listAllTags(session.provider, 'app/web');
    assert.deepEqual(rest, []);
    assert.deepEqual(odd, { name: 'odd' });
    assert.equal(multi?.details?.kind, 'index');
    assert.equal(multi.details.createdAt?.toISOString(), '2025-03-05T00:00:00.000Z');
  });

  it('deletes one tag and leaves its siblings', async () => {
    await using contract = await withTags([tag('v1'), tag('v2')]);
    await using session = await open(contract, '/group');
    assert.equal(session.provider.capabilities.deletesSingleTag, 'native');
    await session.provider.deleteTag!('app/web', 'v1', signal);
    assert.deepEqual(
      (await listAllTags(session.provider, 'app/web')).map(({ name }) => name),
      ['v2'],
    );
    await assert.rejects(session.provider.deleteTag!('app/web', 'v1', signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('names the scope that a token has not', async () => {
    const missing = (scope: string) => (error: unknown) =>
      isCoreError(error, 'forbidden') &&
      error.details.reason === 'missingScope' &&
      error.details.missing === scope;
    await using none = await withTags([tag('v1')], { scopes: [] });
    await using deploy = await open(none, '/group');
    await assert.rejects(deploy.provider.listRepositories(undefined, signal), missing('read_api'));
    await using reading = await withTags([tag('v1')], { scopes: ['read_api'] });
    await using reader = await open(reading, '/group');
    assert.equal((await listAllTags(reader.provider, 'app/web')).length, 1);
    await assert.rejects(reader.provider.deleteTag!('app/web', 'v1', signal), missing('api'));
  });

  it('lists tags by the distribution API where a token is for that only', async () => {
    await using contract = await withTags([tag('v1')], { scopes: [] });
    const next = '</v2/group/app/web/tags/list?n=1000&last=a>; rel="next"';
    contract.server.on(
      'GET /v2/group/app/web/tags/list',
      json({ tags: ['a'] }, 200, { link: next }),
      json({ tags: ['b'] }),
    );
    await using session = await open(contract, '/group');
    assert.deepEqual(await listAllTags(session.provider, 'app/web'), [{ name: 'a' }, { name: 'b' }]);
  });

  it('tells a wrong token by the refusal', async () => {
    await using contract = await withTags([]);
    await using session = await open(contract, '/group', 'wrong');
    await assert.rejects(session.provider.listRepositories(undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
  });

  it('sends its token to no host that the registry names but that is not its neighbour', async () => {
    await using server = await FaultServer.start();
    server.on('/v2/*', challenge('Bearer realm="https://gitlab.elsewhere.invalid/jwt/auth",service="x"'));
    await using session = await open({ server });
    assert.equal(session.provider.kind, 'oci');
  });

  it('is a plain registry where nothing tells of GitLab', async () => {
    await using server = await FaultServer.start();
    await using session = await open({ server });
    assert.equal(session.provider.kind, 'oci');
  });
});
