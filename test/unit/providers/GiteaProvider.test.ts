/** GiteaProvider against a real Gitea, and against what older and more guarded servers answer. */
import assert from 'node:assert/strict';
import { request } from 'undici';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { GiteaProvider } from '../../../src/core/providers/GiteaProvider.ts';
import { startGiteaContract } from '../../support/contract/gitea.ts';
import type { GiteaContractOptions } from '../../support/contract/gitea.ts';
import { kindWhenMet } from '../../support/kindWhenMet.ts';
import { pushSample, sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import { GITEA_USER, startGitea } from '../../support/servers/gitea.ts';
import type { GiteaServer } from '../../support/servers/gitea.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAllRepositories } from '../../support/listAll.ts';

const { signal } = new AbortController();

function connect(origin: string, password?: string, path = '') {
  const signedIn =
    password === undefined ? {} : { credential: { kind: 'basic', username: GITEA_USER, password } as const };
  const connection = new TestConnection(`${origin}${path}`, signedIn);
  return {
    client: connection.client,
    provider: new GiteaProvider(testProviderContext(connection, signedIn)),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

describe('GiteaProvider on a real Gitea', function () {
  this.timeout(60_000);
  let gitea: GiteaServer;

  before(async () => {
    gitea = await startGitea();
    await gitea.createOrganization('Acme');
    await using at = connect(gitea.url, gitea.token);
    const image = sampleImage({ layer: 'gitea' });
    await pushSample(at.client, 'ada/app', image, '1.0', 'latest');
    await pushSample(at.client, 'ada/tools/lint', image, 'v1');
    await pushSample(at.client, 'ada/tools/lint', sampleIndex([[image, 'linux/amd64']]), 'multi');
    await pushSample(at.client, 'acme/web', image, '2.0');
  });
  after(() => gitea.stop());

  it('is recognised by where it sends for tokens', async () => {
    assert.equal(await kindWhenMet(gitea.url, signal), 'gitea');
  });

  it('lists the images of the account and its organizations, and of the owner of the connection', async () => {
    await using at = connect(gitea.url, gitea.token);
    assert.deepEqual((await listAllRepositories(at.provider)).toSorted(), [
      'acme/web',
      'ada/app',
      'ada/tools/lint',
    ]);
    await using owner = connect(gitea.url, gitea.token, '/acme');
    assert.deepEqual(await listAllRepositories(owner.provider), ['web']);
  });

  it('lists to nobody in particular, and to a token for packages only, what the catalog shows', async () => {
    const all = ['acme/web', 'ada/app', 'ada/tools/lint'];
    await using nobody = connect(gitea.url);
    assert.deepEqual((await listAllRepositories(nobody.provider)).toSorted(), all);
    await using narrow = connect(gitea.url, await gitea.createToken(['read:package']));
    assert.deepEqual((await listAllRepositories(narrow.provider)).toSorted(), all);
  });

  it('lists tags to their end, and reads their details', async () => {
    await using at = connect(gitea.url, gitea.token);
    assert.deepEqual(await at.provider.listTags('ada/app', undefined, signal), {
      items: [{ name: '1.0' }, { name: 'latest' }],
    });
    const details = await at.provider.getTagDetails('ada/tools/lint', 'multi', signal);
    assert.deepEqual([details.kind, details.platforms], ['index', [{ os: 'linux', architecture: 'amd64' }]]);
    await assert.rejects(at.provider.listTags('ada/gone', undefined, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('deletes one tag of a repository with slashes in its name, and its sibling stays', async () => {
    await using at = connect(gitea.url, gitea.token);
    await pushSample(at.client, 'ada/a/b', sampleImage({ layer: 'deleted' }), '1.0', 'latest');
    await at.provider.deleteTag('ada/a/b', '1.0', signal);
    assert.deepEqual((await at.provider.listTags('ada/a/b', undefined, signal)).items, [{ name: 'latest' }]);
    assert.ok(await at.client.headManifest('ada/a/b', 'latest', signal));
    await at.provider.deleteTag('ada/a/b', '1.0', signal);
    assert.ok(await at.client.headManifest('ada/a/b', 'latest', signal), 'deleted again is done');
  });

  it('says that a token for reading may not delete', async () => {
    await using reader = connect(gitea.url, await gitea.createToken(['read:package']));
    await assert.rejects(reader.provider.deleteTag('ada/app', '1.0', signal), (error) =>
      isCoreError(error, 'unauthorized', 'forbidden'),
    );
    assert.ok(await reader.client.headManifest('ada/app', '1.0', signal));
  });

  it('links to pages that are there', async () => {
    await using at = connect(gitea.url, gitea.token);
    const statusOf = async (url: string) => {
      const { statusCode, body } = await request(url);
      await body.dump();
      return statusCode;
    };
    assert.equal(await statusOf(at.provider.webUrl('ada/tools/lint', 'v1')), 200);
    assert.equal(await statusOf(at.provider.webUrl('ada/tools/lint')), 303, 'to the newest tag');
    assert.equal(await statusOf(at.provider.webUrl('ada/gone')), 404);
  });
});

describe('GiteaProvider', () => {
  async function withContract(options: Partial<GiteaContractOptions>, path = '') {
    const server = await startGiteaContract({
      account: 'ada',
      organizations: [],
      packages: {},
      ...options,
    });
    const at = connect(server.origin, 'token', path);
    return {
      ...at,
      server,
      [Symbol.asyncDispose]: async () => {
        await at[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }
  const versions = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

  it('lists a repository once, however many tags it has, fifty of them in one request', async () => {
    const packages = { ada: { app: versions(120), other: versions(20) } };
    await using at = await withContract({ packages });
    assert.deepEqual(await listAllRepositories(at.provider), ['ada/app', 'ada/other']);
    assert.equal(at.server.requestsFor('/api/v1/packages/ada').length, 3);
    assert.deepEqual(
      await listAllRepositories(at.provider),
      ['ada/app', 'ada/other'],
      'and again when refreshed',
    );
  });

  it('goes through more organizations than a page has, and past one that shows nothing', async () => {
    const organizations = Array.from({ length: 70 }, (_, index) => `Org${index}`);
    const packages = Object.fromEntries(organizations.map((name) => [name, { app: ['1'] }]));
    await using at = await withContract({ organizations, packages, hidden: ['Org3'] });
    const expected = organizations
      .filter((name) => name !== 'Org3')
      .map((name) => `${name.toLowerCase()}/app`);
    assert.deepEqual(await listAllRepositories(at.provider), expected);
  });

  for (const api of ['packagesOnly', 'missing'] as const) {
    it(`lists by the catalog and deletes by the registry where the API does not serve (${api})`, async () => {
      await using at = await withContract({ api, packages: { ada: { app: ['1', '2'] } } });
      assert.deepEqual(await listAllRepositories(at.provider), ['ada/app']);
      await at.provider.deleteTag('ada/app', '1', signal);
      const deletions = at.server.requests.filter(({ method }) => method === 'DELETE').map(({ url }) => url);
      assert.deepEqual(deletions, ['/api/v1/packages/ada/container/app/1', '/v2/ada/app/manifests/1']);
    });
  }
});
