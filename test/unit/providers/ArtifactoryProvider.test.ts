import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { ArtifactoryProvider } from '../../../src/core/providers/ArtifactoryProvider.ts';
import type { PathStyle } from '../../../src/core/registry/RegistryEndpoint.ts';
import { artifactoryTag, startArtifactoryContract } from '../../support/contract/artifactory.ts';
import type { ArtifactoryContractOptions } from '../../support/contract/artifactory.ts';
import { kindWhenMet } from '../../support/kindWhenMet.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll } from '../../support/listAll.ts';

const PASSWORD: Credential = { kind: 'basic', username: 'ada', password: 'canary' };
const API_PATH = '/artifactory/api/docker/docker-local';

describe('ArtifactoryProvider', () => {
  const { signal } = new AbortController();

  async function connect(
    options: Partial<ArtifactoryContractOptions>,
    at: { credential?: Credential | null; path?: string; pathStyle?: PathStyle; apiUrl?: string } = {},
  ) {
    const { credential = PASSWORD, path = '', pathStyle = 'namespace', apiUrl } = at;
    const artifactory = await startArtifactoryContract({
      account: 'ada:canary',
      repositories: { 'docker-local': [] },
      root: 'byPath',
      ...options,
    });
    const signedIn = credential ? { credential } : {};
    const connection = new TestConnection(`${artifactory.server.origin}${path}`, { ...signedIn, pathStyle });
    const provider = new ArtifactoryProvider(
      testProviderContext(connection, {
        ...signedIn,
        ...(apiUrl !== undefined && { settings: { apiUrl: artifactory.server.origin + apiUrl } }),
      }),
    );
    return {
      artifactory,
      connection,
      provider,
      requests: () => artifactory.server.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`),
      [Symbol.asyncDispose]: async () => {
        await connection[Symbol.asyncDispose]();
        await artifactory[Symbol.asyncDispose]();
      },
    };
  }

  const tagNames = (count: number) => Array.from({ length: count }, (_, index) => `v${1000 + index}`);

  it('shows 1,000 tags with size and date in two requests a page, and their details in none', async () => {
    const items = tagNames(1200).flatMap((name) => artifactoryTag('team/app', name));
    await using at = await connect(
      { repositories: { 'docker-local': items } },
      { path: API_PATH, pathStyle: 'api' },
    );
    const tags = await listAll((cursor) => at.provider.listTags('team/app', cursor, signal));
    assert.deepEqual(
      tags.map(({ name }) => name),
      tagNames(1200),
    );
    for (const { name, details } of tags) {
      assert.ok(details?.sizeInBytes === 4321 && !details.isPartial);
      assert.deepEqual(details.createdAt, new Date('2026-01-02T03:04:05.678Z'));
      assert.equal(await at.provider.getTagDetails('team/app', name, signal), details);
    }
    assert.deepEqual(at.requests(), Array(4).fill('POST /artifactory/api/search/aql'));
  });

  it('tells when a tag was last pulled, an index among them, and that it never was', async () => {
    const downloaded = '2026-02-03T04:05:06.789Z';
    const items = [
      ...artifactoryTag('app', 'pulled', { downloaded }),
      ...artifactoryTag('app', 'multi', { downloaded, isIndex: true }),
      ...artifactoryTag('app', 'never'),
    ];
    await using at = await connect(
      { repositories: { 'docker-local': items } },
      { path: '/artifactory/api/docker/docker-local', pathStyle: 'api' },
    );
    assert.equal(at.provider.capabilities.recordsPulls, true);
    const listed = await at.provider.listTags('app', undefined, signal);
    assert.deepEqual(
      Object.fromEntries(listed.items.map(({ name, details }) => [name, details?.lastPulledAt])),
      {
        pulled: new Date(downloaded),
        multi: new Date(downloaded),
        never: 'never',
      },
    );
  });

  it('says of no tag that it was never pulled where no download of any is known: they may not be counted', async () => {
    await using at = await connect(
      { repositories: { 'docker-local': ['1.0', '1.1'].flatMap((tag) => artifactoryTag('app', tag)) } },
      { path: '/artifactory/api/docker/docker-local', pathStyle: 'api' },
    );
    const { items } = await at.provider.listTags('app', undefined, signal);
    assert.deepEqual(
      items.map(({ details }) => [details?.sizeInBytes, details?.lastPulledAt]),
      Array(2).fill([4321, undefined]),
    );
  });

  it('lists neither what lies below a repository nor the images of an index, nor calls sizes known that are not', async () => {
    const marker = { path: 'app/remote', name: 'sha256__ab.marker', size: 0 };
    const items = [
      ...artifactoryTag('app', '1.0'),
      ...artifactoryTag('app', 'multi', { isIndex: true }),
      ...artifactoryTag('app', 'remote'),
      marker,
      ...artifactoryTag('app/plugin', '2.0'),
      { path: 'app/broken', name: 'manifest.json', sha256: 'nonsense' },
    ];
    await using at = await connect({
      repositories: { 'docker-local': items },
      root: { key: 'docker-local' },
    });
    const tags = await listAll((cursor) => at.provider.listTags('app', cursor, signal));
    assert.deepEqual(
      tags.map(({ name, details }) => [name, details?.kind, details?.sizeInBytes, details?.isPartial]),
      [
        ['1.0', 'image', 4321, undefined],
        ['multi', 'index', undefined, true],
        ['remote', 'image', undefined, true],
      ],
    );
  });

  const images = {
    'docker-local': [...artifactoryTag('app', '1'), ...artifactoryTag('team/app', '1')],
    'docker-prod': artifactoryTag('app', '9'),
  };

  it('lists the images of one repository where the address names it', async () => {
    await using at = await connect({ repositories: images }, { path: API_PATH, pathStyle: 'api' });
    const names = await listAll((cursor) => at.provider.listRepositories(cursor, signal));
    assert.deepEqual(names, ['app', 'team/app']);
    assert.equal(
      at.provider.webUrl('team/app', '1'),
      `${at.artifactory.server.origin}/ui/repos/tree/General/docker-local/team/app/1`,
    );
  });

  it('lists every repository of the host, key first, and only the one the connection names', async () => {
    await using at = await connect({ repositories: images });
    const names = await listAll((cursor) => at.provider.listRepositories(cursor, signal));
    assert.deepEqual(names, ['docker-local/app', 'docker-local/team/app', 'docker-prod/app']);
    const { items } = await at.provider.listTags('docker-prod/app', undefined, signal);
    assert.equal(items[0]?.details?.sizeInBytes, 4321);
    await using one = await connect({ repositories: images }, { path: '/docker-local/team' });
    assert.deepEqual(await listAll((cursor) => one.provider.listRepositories(cursor, signal)), ['app']);
    assert.equal((await one.provider.listTags('app', undefined, signal)).items[0]?.name, '1');
  });

  it('pages through long catalogs', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => artifactoryTag(`r${1000 + index}`, '1')).flat();
    await using at = await connect({
      repositories: { 'docker-local': many, ...{ other: images['docker-prod'] } },
    });
    const names = await listAll((cursor) => at.provider.listRepositories(cursor, signal));
    assert.equal(names.length, 1101);
    assert.equal(names.at(-1), 'other/app');
  });

  it('knows what a port of its own stands for where there is one repository, or the setting says it', async () => {
    const { 'docker-local': only } = images;
    await using single = await connect({
      repositories: { 'docker-local': only },
      root: { key: 'docker-local' },
    });
    assert.ok((await single.provider.listTags('team/app', undefined, signal)).items[0]?.details);
    const root = { key: 'docker-prod' };
    await using several = await connect({ repositories: images, root });
    const plain = await several.provider.listTags('app', undefined, signal);
    assert.deepEqual(plain.items, [{ name: '9' }]);
    assert.equal(several.provider.capabilities.deletesSingleTag, 'probe');
    assert.equal(several.provider.webUrl('app'), undefined);
    const apiUrl = '/artifactory/api/docker/docker-prod';
    await using told = await connect({ repositories: images, root }, { apiUrl });
    assert.ok((await told.provider.listTags('app', undefined, signal)).items[0]?.details);
  });

  it('lists by the OCI API where queries are refused, which it finds out once', async () => {
    const at1 = { path: API_PATH, pathStyle: 'api' } as const;
    await using at = await connect({ repositories: images, withoutQueries: true }, at1);
    for (let times = 0; times < 2; times += 1) {
      assert.deepEqual((await at.provider.listTags('app', undefined, signal)).items, [{ name: '1' }]);
    }
    assert.equal(at.requests().filter((request) => request.startsWith('POST')).length, 1);
    await using nobody = await connect(
      { repositories: images, withoutQueries: true },
      { ...at1, credential: null },
    );
    await assert.rejects(nobody.provider.listTags('app', undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
  });

  it('says that a repository is not there, and goes on asking', async () => {
    await using at = await connect({ repositories: images }, { path: API_PATH, pathStyle: 'api' });
    await assert.rejects(at.provider.listTags('gone', undefined, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
    assert.ok((await at.provider.listTags('app', undefined, signal)).items[0]?.details);
  });

  it('deletes the folder of one tag, and says which permission is missing', async () => {
    const items = [...artifactoryTag('team/app', '1.0'), ...artifactoryTag('team/app', '1.0.1')];
    const repositories = { 'docker-local': items };
    await using at = await connect({ repositories }, { path: '/docker-local' });
    await at.provider.listTags('team/app', undefined, signal);
    await at.provider.deleteTag('team/app', '1.0', signal);
    assert.deepEqual(
      new Set(at.artifactory.itemsOf('docker-local').map(({ path }) => path)),
      new Set(['team/app/1.0.1']),
    );
    await assert.rejects(at.provider.deleteTag('team/app', '1.0', signal), (error) =>
      isCoreError(error, 'notFound'),
    );
    await using reader = await connect({ repositories, readOnly: true }, { path: '/docker-local' });
    await assert.rejects(
      reader.provider.deleteTag('team/app', '1.0', signal),
      (error) => isCoreError(error, 'forbidden') && error.details.missing === 'Delete/Overwrite',
    );
  });

  it('signs in with a token alone, and is recognised by how it signs its replies', async () => {
    const credential: Credential = { kind: 'bearer', token: 'reference-token' };
    await using at = await connect(
      { repositories: images, account: 'reference-token' },
      { credential, path: API_PATH, pathStyle: 'api' },
    );
    assert.ok((await at.provider.listTags('app', undefined, signal)).items[0]?.details);
    assert.equal(await kindWhenMet(at.artifactory.server.origin, signal), 'artifactory');
  });
});
