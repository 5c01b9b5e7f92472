import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { probeProviderKind } from '../../../src/core/providers/index.ts';
import { NexusProvider } from '../../../src/core/providers/NexusProvider.ts';
import type { PathStyle } from '../../../src/core/registry/RegistryEndpoint.ts';
import { startNexusContract } from '../../support/contract/nexus.ts';
import type { NexusContract, NexusContractOptions } from '../../support/contract/nexus.ts';
import { kindWhenMet } from '../../support/kindWhenMet.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';

const credential: Credential = { kind: 'basic', username: 'ada', password: 'canary' };
const INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';

describe('NexusProvider', () => {
  const { signal } = new AbortController();

  /** @param apiUrl where Nexus is, from where its own pages are. */
  async function connect(
    options: NexusContractOptions,
    at: { path?: string; pathStyle?: PathStyle; apiUrl?: string } = {},
  ) {
    const { path = '', pathStyle = 'namespace', apiUrl } = at;
    const nexus = await startNexusContract({ account: 'ada:canary', ...options });
    const connection = new TestConnection(`${nexus.connector.origin}${path}`, { credential, pathStyle });
    const settings = apiUrl === undefined ? {} : { apiUrl: `${nexus.server.origin}${apiUrl}` };
    return {
      nexus,
      connection,
      provider: new NexusProvider(testProviderContext(connection, { credential, settings })),
      [Symbol.asyncDispose]: async () => {
        await connection[Symbol.asyncDispose]();
        await nexus[Symbol.asyncDispose]();
      },
    };
  }

  const imagesOf = (name: string, ...versions: readonly string[]) =>
    versions.map((version) => ({ name, version }));
  const byPath = { path: '/repository/docker-hosted', pathStyle: 'api' } as const;
  const searches = ({ server }: NexusContract) =>
    server.requests.filter(({ url }) => url.startsWith('/service/rest/v1/search')).length;

  it('shows 1,000 tags with digest and date in 21 requests, and says what it does not know', async () => {
    const versions = Array.from({ length: 1000 }, (_, index) => `v${1000 + index}`);
    await using at = await connect(
      { repositories: { 'docker-hosted': imagesOf('team/app', ...versions) } },
      byPath,
    );
    const { items, nextCursor } = await at.provider.listTags('team/app', undefined, signal);
    assert.equal(nextCursor, undefined);
    assert.deepEqual(
      items.map(({ name }) => name),
      versions,
    );
    for (const { details } of items) {
      assert.deepEqual(details?.createdAt, new Date('2026-01-02T03:04:05.678Z'));
      assert.deepEqual([details.sizeInBytes, details.isPartial], [undefined, true]);
    }
    // One was refused first: nobody sends a password unasked.
    assert.equal(at.nexus.server.requests.filter(({ url }) => url.includes('/tags/list')).length, 2);
    assert.equal(searches(at.nexus), 20);
  });

  it('tells when a tag was last pulled, and that it never was', async () => {
    const lastDownloaded = '2026-02-03T04:05:06.789+00:00';
    const images = [
      { name: 'app', version: 'pulled', lastDownloaded },
      { name: 'app', version: 'never' },
    ];
    await using at = await connect({ repositories: { 'docker-hosted': images } }, byPath);
    assert.equal(at.provider.capabilities.recordsPulls, true);
    const { items } = await at.provider.listTags('app', undefined, signal);
    assert.deepEqual(Object.fromEntries(items.map(({ name, details }) => [name, details?.lastPulledAt])), {
      pulled: new Date(lastDownloaded),
      never: 'never',
    });
  });

  it('lists what the registry has, also what the search does not know yet or finds by half a name', async () => {
    await using at = await connect(
      {
        repositories: {
          'docker-hosted': [
            { name: 'app', version: 'multi', contentType: INDEX },
            { name: 'app', version: 'new', isUnindexed: true },
            { name: 'app', version: `sha256:${'0'.repeat(64)}` },
            { name: 'team/app', version: 'multi' },
          ],
        },
      },
      byPath,
    );
    const { items } = await at.provider.listTags('app', undefined, signal);
    assert.deepEqual(
      items.map(({ name, details }) => [name, details?.kind]),
      [
        ['multi', 'index'],
        ['new', undefined],
      ],
    );
    await assert.rejects(at.provider.listTags('gone', undefined, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('lists repositories by the catalog, and by the search where that is refused', async () => {
    const repositories = { 'docker-hosted': [...imagesOf('app', '1', '2'), ...imagesOf('team/app', '1')] };
    await using at = await connect({ repositories }, byPath);
    assert.deepEqual((await at.provider.listRepositories(undefined, signal)).items, ['app', 'team/app']);
    assert.equal(searches(at.nexus), 0);
    await using closed = await connect({ repositories, withoutCatalog: true }, byPath);
    assert.deepEqual((await closed.provider.listRepositories(undefined, signal)).items, ['app', 'team/app']);
  });

  describe('finds out which repository a connection is to', () => {
    const repositories = { hosted: imagesOf('app', '1'), proxy: imagesOf('app', '1') };
    const hasDetails = async (provider: NexusProvider, repository = 'app') =>
      (await provider.listTags(repository, undefined, signal)).items[0]?.details !== undefined;

    it('by the first part of the images’ names', async () => {
      await using at = await connect({ repositories }, { path: '/proxy' });
      assert.ok(await hasDetails(at.provider));
      assert.equal(
        at.provider.webUrl('app', '1'),
        `${at.nexus.server.origin}/#browse/browse:proxy:v2%2Fapp%2Ftags%2F1`,
      );
    });

    it('by the port of its connector, told to those who manage repositories', async () => {
      const options = { repositories, connectorOf: 'proxy' };
      await using reader = await connect(options, { apiUrl: '' });
      assert.equal(await hasDetails(reader.provider), false);
      await using manager = await connect({ ...options, isManager: true }, { apiUrl: '' });
      assert.ok(await hasDetails(manager.provider));
      assert.match(manager.provider.webUrl('app') ?? '', /browse:proxy:/);
    });

    it('by there being only one, and by the setting', async () => {
      const only = { hosted: repositories.hosted };
      await using single = await connect({ repositories: only, connectorOf: 'hosted' }, { apiUrl: '' });
      assert.ok(await hasDetails(single.provider));
      const options = { repositories, connectorOf: 'proxy' };
      await using told = await connect(options, { apiUrl: '/repository/proxy' });
      assert.ok(await hasDetails(told.provider));
    });

    it('and speaks the OCI API alone where a connector is all there is', async () => {
      await using at = await connect({ repositories, connectorOf: 'hosted' });
      assert.equal(await hasDetails(at.provider), false);
      assert.equal(await hasDetails(at.provider), false);
      assert.equal(at.provider.capabilities.deletesSingleTag, 'probe');
      assert.equal(at.provider.webUrl('app'), undefined);
      const own = at.nexus.connector.requests.filter(({ url }) => url.startsWith('/service/'));
      assert.equal(own.length, 1);
    });
  });

  it('deletes the component of one tag, and says which privilege is missing', async () => {
    const repositories = {
      'docker-hosted': [...imagesOf('app', '1.0', 'latest'), ...imagesOf('team/app', '1.0')],
    };
    await using at = await connect({ repositories }, byPath);
    await at.provider.deleteTag('app', '1.0', signal);
    assert.deepEqual(at.nexus.imagesOf('docker-hosted'), [
      ...imagesOf('app', 'latest'),
      ...imagesOf('team/app', '1.0'),
    ]);
    await using reader = await connect({ repositories, readOnly: true }, byPath);
    await assert.rejects(
      reader.provider.deleteTag('app', '1.0', signal),
      (error) =>
        isCoreError(error, 'forbidden') &&
        error.details.missing === 'nx-repository-view-docker-docker-hosted-delete',
    );
  });

  it('asks where it is, and which repository a connector’s port stands for, until that is said', async () => {
    const options = {
      repositories: { 'docker-hosted': imagesOf('app', 'v1'), 'docker-proxy': [] },
      connectorOf: 'docker-hosted',
    };
    const guess = async (apiUrl?: string) => {
      await using at = await connect(options, apiUrl === undefined ? {} : { apiUrl });
      return await at.provider.guessApiUrl(signal);
    };
    assert.equal(await guess(), 'http://127.0.0.1/repository/');
    assert.match((await guess('/')) ?? '', /^http:\/\/127\.0\.0\.1:\d+\/repository\/$/);
    assert.ok((await guess('/repository/gone')) !== undefined);
    assert.equal(await guess('/repository/docker-hosted'), undefined);
  });

  it('asks nothing where the address or its connectors tell', async () => {
    const repositories = { 'docker-hosted': imagesOf('app', 'v1') };
    await using below = await connect({ repositories }, byPath);
    assert.equal(await below.provider.guessApiUrl(signal), undefined);
    await using managed = await connect(
      { repositories, connectorOf: 'docker-hosted', isManager: true },
      { apiUrl: '/' },
    );
    assert.equal(await managed.provider.guessApiUrl(signal), undefined);
  });

  it('is recognised by how it signs its replies, and behind a proxy by its search', async () => {
    await using at = await connect({ repositories: { 'docker-hosted': [] } });
    assert.equal(await kindWhenMet(at.nexus.server.origin, signal), 'nexus');
    assert.equal(await probeProviderKind(at.connection.client, signal), 'nexus');
  });
});
