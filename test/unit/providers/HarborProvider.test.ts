import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { digestOf, type Digest } from '../../../src/core/oci/digest.ts';
import { HarborProvider } from '../../../src/core/providers/HarborProvider.ts';
import { probeProviderKind } from '../../../src/core/providers/index.ts';
import { harborArtifact, startHarborContract } from '../../support/contract/harbor.ts';
import type { HarborContractOptions } from '../../support/contract/harbor.ts';
import { json } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll, listAllTags } from '../../support/listAll.ts';

const ROBOT: Credential = { kind: 'basic', username: 'robot$team+ci', password: 'canary' };

describe('HarborProvider', () => {
  const { signal } = new AbortController();

  async function connect(
    options: HarborContractOptions,
    { credential = ROBOT, path = '' }: { credential?: Credential | null; path?: string } = {},
  ) {
    const harbor = await startHarborContract({ account: 'robot$team+ci:canary', ...options });
    const connection = new TestConnection(`${harbor.server.origin}${path}`);
    const provider = new HarborProvider(testProviderContext(connection, credential ? { credential } : {}));
    return {
      harbor,
      connection,
      provider,
      [Symbol.asyncDispose]: async () => {
        await connection[Symbol.asyncDispose]();
        await harbor[Symbol.asyncDispose]();
      },
    };
  }

  it('shows 1,000 tags with size and date in 10 requests, and their details in none', async () => {
    const artifacts = Array.from({ length: 1000 }, (_, index) => harborArtifact([`v${index}`]));
    await using at = await connect({ repositories: { 'team/group/app': artifacts } });
    const tags = await listAllTags(at.provider, 'team/group/app');
    assert.equal(tags.length, 1000);
    for (const { name, details } of tags) {
      assert.ok(details?.sizeInBytes === 4321 && details.createdAt instanceof Date);
      assert.equal(await at.provider.getTagDetails('team/group/app', name, signal), details);
    }
    assert.equal(at.harbor.server.requests.length, 10);
  });

  it('shows every tag of an artifact, the platforms of indexes, and no untagged ones', async () => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    await using at = await connect({
      repositories: {
        'team/app': [
          harborArtifact(['1.0', 'latest'], {
            manifest_media_type: 'application/vnd.oci.image.index.v1+json',
            media_type: 'application/vnd.oci.image.index.v1+json',
            extra_attrs: {},
            references: [{ platform }, { platform: { os: 'unknown', architecture: 'unknown' } }],
          }),
          harborArtifact(null),
          harborArtifact(['chart'], { media_type: 'application/vnd.cncf.helm.config.v1+json' }),
        ],
      },
    });
    const tags = await listAllTags(at.provider, 'team/app');
    assert.deepEqual(
      tags.map(({ name, details }) => [name, details?.kind]),
      [
        ['1.0', 'index'],
        ['latest', 'index'],
        ['chart', 'helm'],
      ],
    );
    assert.deepEqual(tags[0]?.details?.platforms, [platform]);
  });

  it('lists the repositories the account sees, page by page, and those of the project of the connection', async () => {
    const all = Array.from({ length: 150 }, (_, index) => `team/r${index}`);
    const repositories = Object.fromEntries(['library/alpine', ...all].map((name) => [name, []]));
    await using everywhere = await connect({ repositories });
    const first = await everywhere.provider.listRepositories(undefined, signal);
    const second = await everywhere.provider.listRepositories(first.nextCursor, signal);
    assert.deepEqual([...first.items, ...second.items], ['library/alpine', ...all]);
    assert.equal(second.nextCursor, undefined);
    await using project = await connect({ repositories }, { path: '/library' });
    assert.deepEqual((await project.provider.listRepositories(undefined, signal)).items, ['alpine']);
    await using nobody = await connect({ repositories }, { credential: null });
    assert.deepEqual((await nobody.provider.listRepositories(undefined, signal)).items, ['library/alpine']);
  });

  it('says that credentials are refused, and that a repository is not there', async () => {
    const wrong: Credential = { kind: 'basic', username: 'me', password: 'wrong' };
    await using at = await connect({ repositories: { 'team/app': [] } }, { credential: wrong });
    await assert.rejects(at.provider.listTags('team/app', undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
    await using known = await connect({ repositories: {} });
    await assert.rejects(known.provider.listTags('team/gone', undefined, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('reads details of a tag that was not listed in one request', async () => {
    await using at = await connect({ repositories: { 'team/app': [harborArtifact(['1.0'])] } });
    const details = await at.provider.getTagDetails('team/app', '1.0', signal);
    assert.deepEqual(details.createdAt, new Date('2026-01-02T03:04:05.678Z'));
    assert.deepEqual(details.platforms, [{ os: 'linux', architecture: 'amd64' }]);
    assert.equal(at.harbor.server.requests.length, 1);
  });

  it('deletes one tag, and its sibling stays', async () => {
    await using at = await connect({ repositories: { 'team/a/b': [harborArtifact(['1.0', 'latest'])] } });
    await at.provider.listTags('team/a/b', undefined, signal);
    await at.provider.deleteTag('team/a/b', '1.0', signal);
    assert.deepEqual(at.harbor.artifactsOf('team/a/b')[0]?.tags, ['latest']);
    await assert.rejects(at.provider.getTagDetails('team/a/b', '1.0', signal), (error) =>
      isCoreError(error, 'notFound'),
    );
  });

  it('lists what no tag leads to, page by page, and deletes it unless it has got a tag since', async () => {
    const bare = Array.from({ length: 150 }, (_, index) =>
      harborArtifact(null, { digest: digestOf(Buffer.from(`bare${index}`)) }),
    );
    const tagged = harborArtifact(['v1']);
    await using at = await connect({ repositories: { 'team/app': [tagged, ...bare] } });
    const listed = await listAll((cursor) => at.provider.listUntagged('team/app', cursor, signal));
    assert.deepEqual(
      listed.map(({ digest }) => digest),
      bare.map(({ digest }) => digest),
    );
    const [first] = listed;
    assert.deepEqual([first?.sizeInBytes, first?.lastPulledAt], [4321, 'never']);
    assert.equal(at.harbor.server.requests.length, 2);
    await at.provider.deleteUntagged('team/app', first!.digest, signal);
    assert.equal(at.harbor.artifactsOf('team/app').length, 150);
    await assert.rejects(
      at.provider.deleteUntagged('team/app', tagged.digest as Digest, signal),
      (error) => isCoreError(error, 'conflict') && error.details.reason === 'manifestHasTags',
    );
    await assert.rejects(at.provider.deleteUntagged('team/app', first!.digest, signal), (error) =>
      isCoreError(error, 'notFound'),
    );
    assert.equal(at.harbor.artifactsOf('team/app').length, 150);
  });

  it('names the permission that is missing to delete what no tag leads to', async () => {
    await using at = await connect({ repositories: { 'team/app': [harborArtifact(null)] }, readOnly: true });
    const [bare] = at.harbor.artifactsOf('team/app');
    await assert.rejects(at.provider.deleteUntagged('team/app', bare!.digest as Digest, signal), (error) => {
      assert.ok(isCoreError(error, 'forbidden'));
      assert.deepEqual(
        [error.details.reason, error.details.missing],
        ['missingPermission', 'artifact:delete'],
      );
      return true;
    });
  });

  it('says why a tag may not be deleted: an immutability rule, or a permission', async () => {
    const repositories = { 'team/app': [harborArtifact(['1.0'])] };
    const reasonOf = async (options: Partial<HarborContractOptions>) => {
      await using at = await connect({ repositories, ...options });
      const error = await at.provider.deleteTag('team/app', '1.0', signal).catch((cause: unknown) => cause);
      assert.ok(isCoreError(error, 'forbidden'));
      assert.deepEqual(at.harbor.artifactsOf('team/app')[0]?.tags, ['1.0']);
      return [error.details.reason, error.details.missing];
    };
    assert.deepEqual(await reasonOf({ immutableTags: ['1.0'] }), ['immutableTag', undefined]);
    assert.deepEqual(await reasonOf({ readOnly: true }), ['missingPermission', 'tag:delete']);
  });

  it('speaks the OCI API where Harbor’s is not there, which it finds out once', async () => {
    await using server = await FaultServer.start();
    server.on('GET /v2/team/app/tags/list', json({ name: 'team/app', tags: ['a'] }));
    await using connection = new TestConnection(server.origin);
    const provider = new HarborProvider(testProviderContext(connection));
    for (let times = 0; times < 2; times += 1) {
      assert.deepEqual((await provider.listTags('team/app', undefined, signal)).items, [{ name: 'a' }]);
    }
    assert.equal(server.requests.filter(({ url }) => url.startsWith('/api/')).length, 2);
    assert.equal(provider.capabilities.deletesSingleTag, 'probe');
  });

  it('is recognised by its system information, and knows its web pages', async () => {
    const artifact = harborArtifact(['1.0'], { project_id: 7 });
    await using at = await connect({ repositories: { 'team/a/b': [artifact] } });
    assert.equal(await probeProviderKind(at.connection.client, signal), 'harbor');
    const projects = `${at.harbor.server.origin}/harbor/projects`;
    assert.equal(at.provider.webUrl('team/a/b', '1.0'), `${projects}/team/repositories/a%2Fb`);
    await at.provider.listTags('team/a/b', undefined, signal);
    assert.equal(at.provider.webUrl('team/a/b'), `${projects}/7/repositories/a%2Fb`);
    assert.equal(
      at.provider.webUrl('team/a/b', '1.0'),
      `${projects}/7/repositories/a%2Fb/artifacts-tab/artifacts/${artifact.digest}`,
    );
  });
});
