import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { probeProviderKind } from '../../../src/core/providers/index.ts';
import { ZotProvider } from '../../../src/core/providers/ZotProvider.ts';
import { startZotContract, zotImage } from '../../support/contract/zot.ts';
import { pushSample, sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { startZot } from '../../support/servers/zot.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAllTags } from '../../support/listAll.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index + 1000}`);

describe('ZotProvider', () => {
  const { signal } = new AbortController();

  it('shows 1,000 tags with size and date in one request, and their details in none', async () => {
    await using zot = await startZotContract({
      repositories: { 'team/app': names(1000).map((name) => zotImage(name)) },
    });
    await using connection = new TestConnection(`${zot.origin}/team`);
    const provider = new ZotProvider(testProviderContext(connection));
    const { items, nextCursor } = await provider.listTags('app', undefined, signal);
    assert.equal(items.length, 1000);
    assert.equal(nextCursor, undefined);
    for (const { name, details } of items) {
      assert.ok(details?.sizeInBytes === 4321 && details.createdAt instanceof Date);
      assert.equal(await provider.getTagDetails('app', name, signal), details);
    }
    assert.deepEqual(items[0]?.details?.platforms, [{ os: 'linux', architecture: 'amd64' }]);
    assert.ok(zot.requests.length <= 2, `${zot.requests.length} requests`);
  });

  it('goes on where a page ended, with the credentials of the registry', async () => {
    await using zot = await startZotContract({
      repositories: { app: names(2100).map((name) => zotImage(name)) },
      account: 'me:secret',
    });
    await using connection = new TestConnection(zot.origin, {
      credential: { kind: 'basic', username: 'me', password: 'secret' },
    });
    const provider = new ZotProvider(testProviderContext(connection));
    const found = (await listAllTags(provider, 'app')).map(({ name }) => name);
    assert.deepEqual(found, names(2100));
  });

  it('tells indexes, charts and artifacts apart, and leaves out what is not known', async () => {
    await using zot = await startZotContract({
      repositories: {
        app: [
          zotImage('chart', {
            Manifests: [{ ArtifactType: 'application/vnd.cncf.helm.config.v1+json', Platform: null }],
          }),
          zotImage('index', {
            MediaType: 'application/vnd.oci.image.index.v1+json',
            Manifests: [
              { ArtifactType: '', Platform: { Os: 'linux', Arch: 'arm64/v8' } },
              { ArtifactType: '', Platform: { Os: 'unknown', Arch: 'unknown' } },
            ],
          }),
          zotImage('sbom', {
            Size: '',
            LastUpdated: '0001-01-01T00:00:00Z',
            Manifests: [{ ArtifactType: 'application/spdx+json' }],
          }),
          { Tag: 'broken', Digest: 'nonsense' },
        ],
      },
    });
    await using connection = new TestConnection(zot.origin);
    const { items } = await new ZotProvider(testProviderContext(connection)).listTags(
      'app',
      undefined,
      signal,
    );
    const [chart, index, sbom, ...rest] = items.map(({ details }) => details!);
    assert.deepEqual([chart?.kind, index?.kind, sbom?.kind, rest.length], ['helm', 'index', 'artifact', 0]);
    assert.deepEqual(index?.platforms, [{ os: 'linux', architecture: 'arm64', variant: 'v8' }]);
    assert.deepEqual([sbom?.createdAt, sbom?.sizeInBytes], [undefined, undefined]);
    assert.equal(sbom?.artifactType, 'application/spdx+json');
  });

  for (const missing of ['withoutSearch', 'oldSchema'] as const) {
    it(`lists by the OCI API where there is no search for us (${missing}), and asks for it once`, async () => {
      await using zot = await startZotContract({
        repositories: { app: [zotImage('a'), zotImage('b')] },
        [missing]: true,
      });
      await using connection = new TestConnection(zot.origin);
      const provider = new ZotProvider(testProviderContext(connection));
      for (let times = 0; times < 2; times += 1) {
        const { items } = await provider.listTags('app', undefined, signal);
        assert.deepEqual(items, [{ name: 'a' }, { name: 'b' }]);
      }
      assert.equal(zot.requests.filter(({ url }) => url.startsWith('/v2/_zot')).length, 1);
    });
  }

  it('says that a repository is not there, and keeps the search', async () => {
    await using zot = await startZotContract({ repositories: { app: [zotImage('a')] } });
    await using connection = new TestConnection(zot.origin);
    const provider = new ZotProvider(testProviderContext(connection));
    await assert.rejects(provider.listTags('gone', undefined, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
    const { items } = await provider.listTags('app', undefined, signal);
    assert.equal(items[0]?.details?.sizeInBytes, 4321);
  });

  it('is recognised by its extensions', async () => {
    await using zot = await startZotContract({ repositories: {} });
    await using connection = new TestConnection(zot.origin);
    assert.equal(await probeProviderKind(connection.client, signal), 'zot');
    await using plain = await startZotContract({ repositories: {}, withoutSearch: true });
    await using other = new TestConnection(plain.origin);
    assert.equal(await probeProviderKind(other.client, signal), 'oci');
  });
});

describe('ZotProvider on a real zot', function () {
  this.timeout(30_000);
  const { signal } = new AbortController();
  const credential = { kind: 'basic', username: 'ada', password: 'correct-horse' } as const;
  let server: TestServer;

  before(async () => {
    server = await startZot({ htpasswd: credential });
    await using at = connect(credential);
    const image = sampleImage({ layer: 'zot', architecture: 'arm64' });
    await pushSample(at.client, 'team/app', image, '1.0', 'latest');
    await pushSample(at.client, 'team/app', sampleIndex([[image, 'linux/arm64']]), 'multi');
  });
  after(() => server.stop());

  function connect(signIn?: Credential) {
    const signedIn = signIn ? { credential: signIn } : {};
    const connection = new TestConnection(server.url, signedIn);
    return {
      client: connection.client,
      provider: new ZotProvider(testProviderContext(connection, signedIn)),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  }

  it('is recognised by its extensions, with the account that htpasswd knows and no other', async () => {
    await using at = connect(credential);
    assert.equal(await probeProviderKind(at.client, signal), 'zot');
    await using wrong = connect({ ...credential, password: 'wrong' });
    await assert.rejects(wrong.provider.listTags('team/app', undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
    await using nobody = connect();
    await assert.rejects(nobody.provider.listRepositories(undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
  });

  it('lists repositories and tags, reads details and deletes one tag, its older search notwithstanding', async () => {
    await using at = connect(credential);
    assert.deepEqual((await at.provider.listRepositories(undefined, signal)).items, ['team/app']);
    const { items } = await at.provider.listTags('team/app', undefined, signal);
    assert.deepEqual(items.map(({ name }) => name).toSorted(), ['1.0', 'latest', 'multi']);
    const details = await at.provider.getTagDetails('team/app', 'multi', signal);
    assert.deepEqual([details.kind, details.platforms], ['index', [{ os: 'linux', architecture: 'arm64' }]]);
    await at.client.deleteManifest('team/app', '1.0', signal);
    const left = await at.provider.listTags('team/app', undefined, signal);
    assert.deepEqual(left.items.map(({ name }) => name).toSorted(), ['latest', 'multi']);
  });
});
