import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { digestOf, type Digest } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { AcrProvider } from '../../../src/core/providers/AcrProvider.ts';
import { detectProviderKind } from '../../../src/core/providers/index.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { acrImages, startAcrContract } from '../../support/contract/acr.ts';
import type {
  AcrContract,
  AcrContractManifest,
  AcrContractOptions,
  AcrContractRole,
} from '../../support/contract/acr.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAllRepositories, listAllTags } from '../../support/listAll.ts';

const ADMIN = { kind: 'basic', username: 'admin', password: 'secret' } as const;

describe('AcrProvider', () => {
  const { signal } = new AbortController();
  const roles: readonly AcrContractRole[] = ['AcrPull', 'AcrDelete'];
  const start = (
    repositories: AcrContractOptions['repositories'],
    options: Partial<AcrContractOptions> = {},
  ) => startAcrContract({ repositories, accounts: { 'admin:secret': roles }, ...options });
  const connect = (contract: AcrContract, credential: Credential = ADMIN, path = '') => {
    const connection = new TestConnection(`${contract.server.origin}${path}`, { credential });
    return {
      provider: new AcrProvider(testProviderContext(connection)),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  };
  const errorOf = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail('nothing was thrown'),
      (error: unknown) => (isCoreError(error) ? error : assert.fail(String(error))),
    );
  const image = (name: string, fields: Partial<AcrContractManifest> = {}): AcrContractManifest => ({
    digest: digestOf(Buffer.from(name)),
    ...fields,
  });

  it('is recognised by its hosts, in the sovereign clouds too', () => {
    const kindOf = (url: string) => detectProviderKind(createEndpoint(url, 'namespace'));
    for (const host of [
      'mine.azurecr.io',
      'mine-a1b2.azurecr.io/team',
      'mine.azurecr.cn',
      'mine.azurecr.us',
    ]) {
      assert.equal(kindOf(`https://${host}`), 'acr', host);
    }
    for (const host of ['azurecr.io', 'a.eastus.data.azurecr.io', 'mine.azurecr.io.example', 'xazurecr.io']) {
      assert.equal(kindOf(`https://${host}`), 'oci', host);
    }
  });

  it('lists its repositories page by page, those of the namespace only', async () => {
    const names = Array.from({ length: 230 }, (_, index) => `team/app${String(index).padStart(3, '0')}`);
    const repositories = Object.fromEntries([...names, 'other/app'].map((name) => [name, { manifests: [] }]));
    await using contract = await start(repositories);
    await using connection = connect(contract, ADMIN, '/team');
    const found = await listAllRepositories(connection.provider);
    assert.deepEqual(
      found,
      names.map((name) => name.slice('team/'.length)),
    );
  });

  it('shows 1,000 tags with size and date in 20 requests', async () => {
    await using contract = await start({ 'team/app': { manifests: acrImages(1_000, digestOf) } });
    await using connection = connect(contract);
    const tags = await listAllTags(connection.provider, 'team/app');
    assert.equal(tags.length, 1_000);
    assert.equal(tags[0]!.name, 'v999');
    assert.deepEqual(tags[0]!.details, {
      digest: digestOf(Buffer.from('image 999')),
      mediaType: MediaType.dockerManifest,
      kind: 'image',
      createdAt: new Date(Date.UTC(2026, 0) + 999_000),
      sizeInBytes: 1_999,
      platforms: [{ os: 'linux', architecture: 'amd64' }],
    });
    assert.ok(tags.every(({ details }) => details?.sizeInBytes !== undefined && details.createdAt));
    assert.equal(contract.dataRequests().length, 20);
  });

  it('tells a multi-platform image by one request, its size by those of its platforms', async () => {
    const platform = (architecture: string, imageSize: number) =>
      image(architecture, { architecture, imageSize });
    const children = [platform('amd64', 10), platform('arm64', 20)];
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [
          ...children.map(({ digest, architecture }) => ({
            mediaType: MediaType.ociManifest,
            digest,
            size: 500,
            platform: { os: 'linux', architecture },
          })),
          {
            mediaType: MediaType.ociManifest,
            digest: digestOf(Buffer.from('attestation')),
            size: 500,
            platform: { os: 'unknown', architecture: 'unknown' },
          },
        ],
      }),
    );
    const index: AcrContractManifest = {
      digest: digestOf(bytes),
      imageSize: bytes.length,
      mediaType: MediaType.ociIndex,
      configMediaType: '',
      architecture: '',
      os: '',
      tags: ['multi', 'latest'],
      bytes,
    };
    await using contract = await start({ app: { manifests: [...children, index] } });
    await using connection = connect(contract);
    const { items } = await connection.provider.listTags('app', undefined, signal);
    assert.equal(items[0]!.details?.kind, 'index');
    assert.equal(items[0]!.details.isPartial, true);
    const before = contract.dataRequests().length;
    const details = await connection.provider.getTagDetails('app', 'multi', signal);
    assert.deepEqual([details.sizeInBytes, details.isPartial], [30, undefined]);
    assert.deepEqual(
      details.platforms?.map(({ architecture }) => architecture),
      ['amd64', 'arm64'],
    );
    assert.equal(contract.dataRequests().length - before, 1);
  });

  it('reads a tag anew when it is asked for again', async () => {
    await using contract = await start({ app: { manifests: acrImages(2, digestOf) } });
    await using connection = connect(contract);
    await connection.provider.listTags('app', undefined, signal);
    await connection.provider.getTagDetails('app', 'v1', signal);
    const before = contract.dataRequests().length;
    const again = await connection.provider.getTagDetails('app', 'v1', signal);
    assert.equal(again.digest, digestOf(Buffer.from('image 1')));
    assert.deepEqual(
      contract
        .dataRequests()
        .slice(before)
        .map(({ url }) => url),
      ['/acr/v1/app/_tags/v1'],
    );
  });

  it('leaves a tag whose manifest is far down for when it is looked at', async () => {
    const manifests = acrImages(150, digestOf).map((manifest, index) =>
      index === 0 ? { ...manifest, createdTime: '2020-01-01T00:00:00Z' } : manifest,
    );
    await using contract = await start({ app: { manifests } });
    // The oldest image is tagged again: its tag comes with the newest.
    contract.retag('app', 'v0', new Date(Date.UTC(2027, 0)));
    await using connection = connect(contract);
    const { items } = await connection.provider.listTags('app', undefined, signal);
    assert.equal(items[0]!.name, 'v0');
    assert.equal(items[0]!.details?.isPartial, true);
    assert.equal(contract.dataRequests().length, 2);
    const details = await connection.provider.getTagDetails('app', 'v0', signal);
    assert.deepEqual([details.sizeInBytes, details.isPartial], [1_000, undefined]);
    assert.equal(contract.dataRequests().length, 3);
  });

  it('knows charts and other artifacts', async () => {
    const manifests = [
      image('chart', {
        mediaType: MediaType.ociManifest,
        configMediaType: MediaType.helmConfig,
        tags: ['1.0.0'],
      }),
      image('wasm', {
        mediaType: MediaType.ociManifest,
        configMediaType: 'application/vnd.wasm',
        tags: ['w'],
      }),
    ];
    await using contract = await start({ app: { manifests } });
    await using connection = connect(contract);
    const tags = await listAllTags(connection.provider, 'app');
    assert.deepEqual(
      tags.map(({ name, details }) => [name, details?.kind, details?.artifactType]),
      [
        ['w', 'artifact', 'application/vnd.wasm'],
        ['1.0.0', 'helm', MediaType.helmConfig],
      ],
    );
  });

  it('leaves out one entry it cannot read, and not the others', async () => {
    const manifests = [
      image('good', { tags: ['good', '-bad'] }),
      image('sizeless', { imageSize: -1, tags: ['s'] }),
    ];
    await using contract = await start({ app: { manifests } });
    await using connection = connect(contract);
    const tags = await listAllTags(connection.provider, 'app');
    assert.deepEqual(
      tags.map(({ name, details }) => [name, details?.sizeInBytes]),
      [
        ['s', undefined],
        ['good', 1_000],
      ],
    );
  });

  it('lists what no tag leads to, apart from what is locked', async () => {
    const manifests = [
      image('tagged', { tags: ['1'] }),
      image('free', { imageSize: 7 }),
      image('locked', { attributes: { deleteEnabled: false } }),
    ];
    await using contract = await start({ app: { manifests } });
    await using connection = connect(contract);
    const { items } = await connection.provider.listUntagged('app', undefined, signal);
    assert.deepEqual(
      items.map(({ digest, sizeInBytes }) => [digest, sizeInBytes]),
      [[digestOf(Buffer.from('free')), 7]],
    );
  });

  it('deletes what no tag leads to, and nothing that has got a tag since it was listed', async () => {
    const [free, tagged] = [image('free'), image('tagged', { tags: ['1'] })];
    await using contract = await start({ app: { manifests: [free, tagged] } });
    await using connection = connect(contract);
    const { provider } = connection;
    await provider.deleteUntagged('app', free.digest as Digest, signal);
    assert.deepEqual((await provider.listUntagged('app', undefined, signal)).items, []);
    const { kind, details } = await errorOf(provider.deleteUntagged('app', tagged.digest as Digest, signal));
    assert.deepEqual([kind, details.reason], ['conflict', 'manifestHasTags']);
    assert.deepEqual(contract.tagsOf('app'), ['1']);
  });

  it('tells which lock keeps what no tag leads to', async () => {
    const held = image('held', { attributes: { deleteEnabled: false } });
    const free = image('free');
    await using contract = await start({
      app: { manifests: [held] },
      whole: { manifests: [free], attributes: { deleteEnabled: false } },
    });
    await using connection = connect(contract);
    const reasonOf = async (repository: string, { digest }: AcrContractManifest) =>
      (await errorOf(connection.provider.deleteUntagged(repository, digest as Digest, signal))).details
        .reason;
    assert.equal(await reasonOf('app', held), 'imageLocked');
    assert.equal(await reasonOf('whole', free), 'repositoryLocked');
  });

  it('names the role that is missing to delete what no tag leads to', async () => {
    const free = image('free');
    await using contract = await start(
      { app: { manifests: [free] } },
      { accounts: { 'admin:secret': ['AcrPull'] } },
    );
    await using connection = connect(contract);
    const { details } = await errorOf(
      connection.provider.deleteUntagged('app', free.digest as Digest, signal),
    );
    assert.deepEqual([details.reason, details.missing], ['missingRole', 'AcrDelete']);
  });

  it('untags: the image and its other tags stay', async () => {
    await using contract = await start({ app: { manifests: [image('app', { tags: ['1', 'latest'] })] } });
    await using connection = connect(contract);
    await connection.provider.deleteTag('app', '1', signal);
    assert.deepEqual(contract.tagsOf('app'), ['latest']);
    // Gone already is done.
    await connection.provider.deleteTag('app', '1', signal);
  });

  it('tells which lock keeps a tag, and shows the locks of tag and image', async () => {
    const locked = { deleteEnabled: false } as const;
    const fixed = { writeEnabled: false } as const;
    await using contract = await start({
      'by-tag': { manifests: [image('a', { tags: ['1', '2'] })], tagAttributes: { 1: fixed } },
      'by-image': { manifests: [image('b', { tags: ['1'], attributes: locked })] },
      whole: { manifests: [image('c', { tags: ['1'] })], attributes: fixed },
    });
    await using connection = connect(contract);
    const { provider } = connection;
    const expected = { 'by-tag': 'tagLocked', 'by-image': 'imageLocked', whole: 'repositoryLocked' };
    for (const [repository, reason] of Object.entries(expected)) {
      const error = await errorOf(provider.deleteTag(repository, '1', signal));
      assert.deepEqual([error.kind, error.details.reason], ['forbidden', reason], repository);
      assert.equal(error.details.subject, `${repository}:1`);
      assert.ok(contract.tagsOf(repository).includes('1'));
    }
    const locksOf = async (repository: string) =>
      (await listAllTags(provider, repository)).map(({ name, details }) => [name, details?.locks]);
    assert.deepEqual(await locksOf('by-image'), [['1', ['delete']]]);
    assert.deepEqual((await locksOf('by-tag')).sort(), [
      ['1', ['write']],
      ['2', undefined],
    ]);
  });

  for (const refusesTokenWithoutRole of [false, true]) {
    const where = refusesTokenWithoutRole ? 'with its token' : 'at the registry';
    it(`names the role that is missing, refused ${where}`, async () => {
      await using contract = await start(
        { app: { manifests: acrImages(1, digestOf) } },
        { accounts: { 'admin:secret': ['AcrPull'], 'nobody:secret': [] }, refusesTokenWithoutRole },
      );
      await using reader = connect(contract);
      await using nobody = connect(contract, { ...ADMIN, username: 'nobody' });
      const attempts = {
        AcrDelete: reader.provider.deleteTag('app', 'v0', signal),
        AcrPull: nobody.provider.listTags('app', undefined, signal),
      };
      for (const [role, attempt] of Object.entries(attempts)) {
        const { kind, details } = await errorOf(attempt);
        assert.deepEqual([kind, details.reason, details.missing], ['forbidden', 'missingRole', role]);
      }
    });
  }

  it('tells a wrong password from a missing role', async () => {
    await using contract = await start({});
    await using connection = connect(contract, { ...ADMIN, password: 'wrong' });
    const { kind, details } = await errorOf(connection.provider.listRepositories(undefined, signal));
    assert.deepEqual([kind, details.reason], ['unauthorized', 'credentialsRefused']);
  });

  it('signs in with what az acr login left in Docker’s configuration, in either shape', async () => {
    await using contract = await start({ app: { manifests: acrImages(1, digestOf) } });
    const username = '00000000-0000-0000-0000-000000000000';
    const token = contract.issueRefreshToken(['AcrPull']);
    const shapes: Credential[] = [
      { kind: 'identityToken', token },
      { kind: 'identityToken', username, token },
      { kind: 'basic', username, password: token },
    ];
    for (const credential of shapes) {
      await using connection = connect(contract, credential);
      assert.equal((await listAllTags(connection.provider, 'app')).length, 1);
    }
  });

  it('goes on with what az acr login renewed meanwhile, and says so only where nothing was', async () => {
    await using contract = await start({ app: { manifests: acrImages(2, digestOf) } });
    let token = contract.issueRefreshToken(['AcrPull']);
    const credentials = { get: () => Promise.resolve({ kind: 'identityToken', token } as const) };
    await using connection = new TestConnection(contract.server.origin, { credentials });
    const provider = new AcrProvider(testProviderContext(connection));
    await listAllTags(provider, 'app');
    contract.revoke('refresh');
    contract.revoke('access');
    const { kind, details } = await errorOf(provider.listTags('app', undefined, signal));
    assert.deepEqual([kind, details.reason], ['unauthorized', 'credentialsRefused']);
    token = contract.issueRefreshToken(['AcrPull']);
    assert.equal((await listAllTags(provider, 'app')).length, 2);
  });

  it('asks for one token a repository, as long as the token itself says it is good for', async () => {
    await using contract = await start({ app: { manifests: acrImages(450, digestOf) } });
    await using connection = connect(contract);
    await listAllTags(connection.provider, 'app');
    assert.equal(contract.server.requestsFor('/oauth2/token').length, 1);
  });

  it('waits and goes on when it is told that there were too many requests', async () => {
    await using contract = await start({ app: { manifests: acrImages(1, digestOf) } }, { throttled: 2 });
    await using connection = connect(contract);
    assert.equal((await listAllTags(connection.provider, 'app')).length, 1);
  });

  it('says that a repository is not there', async () => {
    await using contract = await start({});
    await using connection = connect(contract);
    const { kind } = await errorOf(connection.provider.listTags('none', undefined, signal));
    assert.equal(kind, 'notFound');
  });

  it('leads to the Azure portal of its cloud where it knows the registry’s id', async () => {
    const resourceId =
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/mine';
    const webUrl = async (host: string, settings: { resourceId?: string }) => {
      await using connection = new TestConnection(`https://${host}`);
      const { webUrl: of } = new AcrProvider(testProviderContext(connection, { settings }));
      return [of('team/app'), of('team/app', '1.0')];
    };
    const blades = 'Microsoft_Azure_ContainerRegistries';
    const id = encodeURIComponent(resourceId);
    assert.deepEqual(await webUrl('mine.azurecr.cn', { resourceId }), [
      `https://portal.azure.cn/#view/${blades}/RepositoryBlade/id/${id}/repository/team%2Fapp`,
      `https://portal.azure.cn/#view/${blades}/TagMetadataBlade/id/${id}/repository/team%2Fapp/tag/1.0/loginServer/mine.azurecr.cn`,
    ]);
    assert.deepEqual(await webUrl('mine.azurecr.io', {}), [undefined, undefined]);
    assert.deepEqual(await webUrl('other.azurecr.io', { resourceId }), [undefined, undefined]);
  });
});
