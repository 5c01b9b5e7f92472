import assert from 'node:assert/strict';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { DockerHubProvider } from '../../../src/core/providers/DockerHubProvider.ts';
import { RegistryClient } from '../../../src/core/registry/RegistryClient.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import type { Transport } from '../../../src/core/registry/transport/Transport.ts';
import type { TransportRequest } from '../../../src/core/registry/transport/TransportRequest.ts';
import { hubTag, startHubContract } from '../../support/contract/dockerHub.ts';
import type { HubContract } from '../../support/contract/dockerHub.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { sampleImage } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAll } from '../../support/listAll.ts';

const ME: Credential = { kind: 'basic', username: 'me', password: 'dckr_pat_canary' };
const ACCOUNT = { username: 'me', secret: 'dckr_pat_canary', organizations: ['acme', 'closed', 'small'] };

describe('DockerHubProvider', () => {
  const { signal } = new AbortController();

  /** A connection to `docker.io<path>` whose registry and API are both the contract's. */
  async function connect(hub: HubContract, options: { credential?: Credential; namespace?: string } = {}) {
    const { credential, namespace = '' } = options;
    const connection = new TestConnection(hub.server.origin, {
      endpoint: { namespacePrefix: namespace, credentialKey: 'https://index.docker.io/v1/' },
    });
    const provider = await DockerHubProvider.open(
      testProviderContext(connection, {
        settings: { apiUrl: hub.server.origin },
        ...(credential && { credential }),
      }),
    );
    return {
      provider,
      connection,
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  }

  it('finds official images under library/', async () => {
    /** Docker Hub's address cannot be reached from a test; what would be asked there can be seen. */
    const seen: TransportRequest[] = [];
    const transport = {
      request: (request: TransportRequest) => {
        seen.push(request);
        return Promise.reject(new Error('not reached'));
      },
    } as unknown as Transport;
    const ask = async (path: string, repository: string) => {
      const client = new RegistryClient(
        createEndpoint(`docker.io${path}`, 'namespace'),
        transport,
        nullLogger,
      );
      await assert.rejects(client.listTags(repository, undefined, 10, signal));
      const { path: asked, scopes } = seen.at(-1)!;
      return [asked, ...scopes];
    };
    assert.deepEqual(await ask('', 'alpine'), [
      '/v2/library/alpine/tags/list?n=10',
      'repository:library/alpine:pull',
    ]);
    assert.equal((await ask('', 'library/alpine'))[0], '/v2/library/alpine/tags/list?n=10');
    assert.equal((await ask('', 'someone/app'))[0], '/v2/someone/app/tags/list?n=10');
    assert.equal((await ask('/someone', 'app'))[0], '/v2/someone/app/tags/list?n=10');
  });

  it('knows the web pages of repositories and tags', async () => {
    await using hub = await startHubContract();
    await using here = await connect(hub);
    assert.equal(here.provider.webUrl('library/alpine'), 'https://hub.docker.com/_/alpine');
    assert.equal(here.provider.webUrl('someone/app'), 'https://hub.docker.com/r/someone/app');
    assert.equal(
      here.provider.webUrl('someone/app', 'v1+x'),
      'https://hub.docker.com/r/someone/app/tags?name=v1%2Bx',
    );
  });

  describe('without an account', () => {
    it('lists no repositories and deletes nothing, and says so', async () => {
      await using hub = await startHubContract();
      await using here = await connect(hub);
      assert.deepEqual(
        { ...here.provider.capabilities },
        { listsRepositories: false, deletesSingleTag: 'none', recordsPulls: true, reclaims: 'automatic' },
      );
      assert.deepEqual(await here.provider.listRepositories(undefined, signal), { items: [] });
      assert.equal(hub.server.requests.length, 0);
    });

    it('lists the public repositories of its namespace', async () => {
      const repositories = { 'acme/app': [], 'acme/hidden': [], 'other/app': [] };
      await using hub = await startHubContract({ repositories, privateRepositories: ['acme/hidden'] });
      await using here = await connect(hub, { namespace: 'acme' });
      assert.equal(here.provider.capabilities.listsRepositories, true);
      assert.deepEqual(await here.provider.listRepositories(undefined, signal), { items: ['app'] });
      assert.equal(hub.signIns().length, 0);
    });

    it('is told when the namespace is not there for it', async () => {
      await using hub = await startHubContract({ closedNamespaces: ['acme'] });
      await using here = await connect(hub, { namespace: 'acme' });
      await assert.rejects(
        here.provider.listRepositories(undefined, signal),
        (error) => isCoreError(error, 'forbidden') && error.details.registryMessage === 'access denied',
      );
    });
  });

  describe('with an account', () => {
    it('lists its own repositories and those of its organizations', async () => {
      const many = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`acme/app${index}`, []]));
      await using hub = await startHubContract({
        account: ACCOUNT,
        repositories: { 'me/mine': [], ...many, 'small/tool': [], 'other/app': [] },
        closedNamespaces: ['closed'],
      });
      await using here = await connect(hub, { credential: ME });
      assert.deepEqual(
        { ...here.provider.capabilities },
        { listsRepositories: true, deletesSingleTag: 'native', recordsPulls: true, reclaims: 'automatic' },
      );
      const first = await here.provider.listRepositories(undefined, signal);
      assert.equal(first.items[0], 'me/mine');
      const names = await listAll((cursor) => here.provider.listRepositories(cursor, signal));
      assert.deepEqual(names, ['me/mine', ...Object.keys(many), 'small/tool']);
      assert.equal(hub.signIns().length, 1);
    });

    it('joins small namespaces into one page', async () => {
      const organizations = Array.from({ length: 6 }, (_, index) => `org${index}`);
      const repositories = Object.fromEntries(organizations.map((name) => [`${name}/app`, []]));
      await using hub = await startHubContract({ account: { ...ACCOUNT, organizations }, repositories });
      await using here = await connect(hub, { credential: ME });
      const page = await here.provider.listRepositories(undefined, signal);
      assert.equal(page.items.length, 6);
      assert.equal(page.nextCursor, undefined);
    });

    it('finds its own namespace when it signs in with a mail address', async () => {
      await using hub = await startHubContract({
        account: { ...ACCOUNT, mail: 'me@example.org' },
        repositories: { 'me/mine': [] },
      });
      await using here = await connect(hub, { credential: { ...ME, username: 'me@example.org' } });
      assert.deepEqual((await here.provider.listRepositories(undefined, signal)).items, ['me/mine']);
    });

    it('renews its token before it ends, and after it was refused', async () => {
      const repositories = { 'me/app': [hubTag('v1')] };
      await using short = await startHubContract({ account: ACCOUNT, repositories, tokenSeconds: 30 });
      await using there = await connect(short, { credential: ME });
      await there.provider.listTags('me/app', undefined, signal);
      await there.provider.listTags('me/app', undefined, signal);
      assert.equal(short.signIns().length, 2);

      await using hub = await startHubContract({ account: ACCOUNT, repositories });
      await using here = await connect(hub, { credential: ME });
      await here.provider.listTags('me/app', undefined, signal);
      await here.provider.listTags('me/app', undefined, signal);
      assert.equal(hub.signIns().length, 1);
      hub.revokeTokens();
      await here.provider.listTags('me/app', undefined, signal);
      assert.equal(hub.signIns().length, 2);
    });

    it('signs in once for all that ask at the same time', async () => {
      await using hub = await startHubContract({
        account: ACCOUNT,
        repositories: { 'me/app': [hubTag('v1')] },
      });
      await using here = await connect(hub, { credential: ME });
      await Promise.all([1, 2, 3].map(() => here.provider.listTags('me/app', undefined, signal)));
      assert.equal(hub.signIns().length, 1);
    });

    it('says that a password is wrong and does not try it again and again', async () => {
      await using hub = await startHubContract({ account: ACCOUNT });
      await using here = await connect(hub, { credential: { ...ME, password: 'wrong-canary' } });
      for (let times = 0; times < 3; times += 1) {
        await assert.rejects(here.provider.listRepositories(undefined, signal), (error) => {
          assert.ok(isCoreError(error, 'unauthorized'));
          assert.equal(error.details.reason, 'credentialsRefused');
          assert.doesNotMatch(JSON.stringify(error.details) + error.message, /wrong-canary/);
          return true;
        });
      }
      assert.equal(hub.signIns().length, 1);
    });

    it('deletes one tag and leaves its siblings', async () => {
      const repositories = { 'me/app': [hubTag('v1'), hubTag('v2')] };
      await using hub = await startHubContract({ account: ACCOUNT, repositories });
      await using here = await connect(hub, { credential: ME, namespace: 'me' });
      await here.provider.deleteTag('app', 'v1', signal);
      assert.deepEqual(
        hub.tagsOf('me/app').map(({ name }) => name),
        ['v2'],
      );
      await assert.rejects(here.provider.deleteTag('app', 'v1', signal), (error) =>
        isCoreError(error, 'notFound'),
      );
    });

    it('names the permission an access token lacks', async () => {
      const repositories = { 'me/app': [hubTag('v1')] };
      await using hub = await startHubContract({ account: { ...ACCOUNT, readOnly: true }, repositories });
      await using here = await connect(hub, { credential: ME });
      await assert.rejects(here.provider.deleteTag('me/app', 'v1', signal), (error) => {
        assert.ok(isCoreError(error, 'forbidden'));
        assert.equal(error.details.reason, 'missingScope');
        assert.equal(error.details.missing, 'Read, Write, Delete');
        assert.match(error.details.registryMessage ?? '', /forbidden with this token/);
        return true;
      });
    });
  });

  describe('tags', () => {
    it('come a hundred a request with digest, size, platforms and time: 1,000 in ten', async () => {
      const tags = Array.from({ length: 1_000 }, (_, index) => hubTag(`v${index}`, index));
      await using hub = await startHubContract({ repositories: { 'library/app': tags } });
      await using here = await connect(hub);
      const first = await here.provider.listTags('library/app', undefined, signal);
      assert.equal(first.items.length, 100);
      assert.equal(hub.apiRequests().length, 1);
      const listed = await listAll((cursor) => here.provider.listTags('library/app', cursor, signal));
      assert.equal(listed.length, 1_000);
      assert.equal(hub.apiRequests().length, 1 + 10);
      assert.ok(listed.every(({ details }) => details?.sizeInBytes && details.createdAt && details.digest));
      for (const { name } of listed) await here.provider.getTagDetails('library/app', name, signal);
      assert.equal(hub.server.requests.length, 1 + 10);
      assert.deepEqual(listed[0]!.details, {
        digest: tags[0]!['digest'],
        mediaType: 'application/vnd.oci.image.index.v1+json',
        kind: 'index',
        sizeInBytes: 1900,
        createdAt: new Date('2026-01-01T00:00:00Z'),
        platforms: [
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64', variant: 'v8' },
        ],
        children: (tags[0]!['images'] as { digest: string }[]).map((image) => image.digest),
        lastPulledAt: 'never',
      });
    });

    it('tell what they are', async () => {
      const tags = [
        hubTag('index'),
        { ...hubTag('image'), media_type: 'application/vnd.oci.image.manifest.v1+json' },
        {
          ...hubTag('chart'),
          media_type: 'application/vnd.oci.image.manifest.v1+json',
          content_type: 'helm',
        },
        {
          ...hubTag('model'),
          media_type: 'application/vnd.oci.image.manifest.v1+json',
          content_type: 'model',
        },
        { name: 'old', digest: null, full_size: 12, images: null, last_updated: null },
        { name: 'not a tag' },
      ];
      await using hub = await startHubContract({ repositories: { 'me/app': tags } });
      await using here = await connect(hub);
      const { items } = await here.provider.listTags('me/app', undefined, signal);
      assert.deepEqual(
        items.map(({ name, details }) => [name, details?.kind]),
        [
          ['index', 'index'],
          ['image', 'image'],
          ['chart', 'helm'],
          ['model', 'artifact'],
          ['old', undefined],
        ],
      );
    });

    it('that were not listed are looked up without a pull', async () => {
      await using hub = await startHubContract({ repositories: { 'me/app': [hubTag('v1')] } });
      await using here = await connect(hub);
      assert.equal((await here.provider.getTagDetails('me/app', 'v1', signal)).sizeInBytes, 1900);
      assert.deepEqual(
        hub.server.requests.map(({ method, url }) => `${method} ${url}`),
        ['GET /v2/namespaces/me/repositories/app/tags/v1'],
      );
    });

    it('without a digest in the API cost one pull however often they are shown', async () => {
      const old = ['latest', 'v1'].map((name) => ({ name, images: [], full_size: 1 }));
      await using hub = await startHubContract({ repositories: { 'me/app': old } });
      await using here = await connect(hub);
      const image = sampleImage();
      const headers = { 'content-type': image.mediaType, 'docker-content-digest': image.digest };
      for (const reference of ['latest', 'v1', image.digest]) {
        hub.server.on(`/v2/me/app/manifests/${reference}`, reply(200, image.bytes, headers));
      }
      for (const blob of image.blobs) hub.server.on(`/v2/me/app/blobs/${digestOf(blob)}`, reply(200, blob));
      for (const tag of ['latest', 'v1', 'latest']) {
        assert.equal((await here.provider.getTagDetails('me/app', tag, signal)).digest, image.digest);
      }
      const pulls = hub.server.requests.filter(
        ({ method, url }) => method === 'GET' && url.includes('/manifests/'),
      );
      assert.deepEqual(
        pulls.map(({ url }) => url),
        [`/v2/me/app/manifests/${image.digest}`],
      );
    });

    it('of a repository that is not there are not found', async () => {
      await using hub = await startHubContract();
      await using here = await connect(hub);
      await assert.rejects(
        here.provider.listTags('me/gone', undefined, signal),
        (error) => isCoreError(error, 'notFound') && error.details.subject === 'me/gone',
      );
    });

    it('wait where Docker Hub asks to, and say so when it asks for too long', async () => {
      await using hub = await startHubContract({ repositories: { 'me/app': [hubTag('v1')] } });
      await using here = await connect(hub);
      hub.server.on(
        'GET /v2/namespaces/me/repositories/app/tags',
        json({ detail: 'Rate limit exceeded' }, 429, { 'retry-after': '3600' }),
      );
      await assert.rejects(
        here.provider.listTags('me/app', undefined, signal),
        (error) => isCoreError(error, 'rateLimited') && error.details.retryAfterSeconds === 3600,
      );
    });
  });

  it('searches everything public', async () => {
    const repositories = { 'library/nginx': [], 'acme/nginx-tools': [], 'acme/other': [] };
    await using hub = await startHubContract({ repositories });
    await using here = await connect(hub);
    assert.deepEqual(await here.provider.search('nginx', signal), [
      { repository: 'nginx', description: 'About library/nginx', isOfficial: true },
      { repository: 'acme/nginx-tools', description: 'About acme/nginx-tools', isOfficial: false },
    ]);
    await using inside = await connect(hub, { namespace: 'acme' });
    assert.deepEqual(
      (await inside.provider.search('nginx', signal)).map(({ repository }) => repository),
      ['nginx-tools'],
    );
  });

  it('tells the pulls that are left from a HEAD, and tells whoever listens', async () => {
    await using hub = await startHubContract({ pullsLeft: 87 });
    await using here = await connect(hub, { namespace: 'acme' });
    const heard: number[] = [];
    const stop = here.connection.client.pullLimit.onDidRead(({ remaining }) => heard.push(remaining));
    assert.equal(here.provider.pullLimit, undefined);
    const expected = { limit: 100, remaining: 87, windowSeconds: 21_600, source: '192.0.2.7' };
    assert.deepEqual(await here.provider.readPullLimit(signal), expected);
    assert.deepEqual(here.provider.pullLimit, expected);
    stop();
    await here.provider.readPullLimit(signal);
    assert.deepEqual(heard, [87]);
    assert.ok(hub.server.requests.every(({ method }) => method === 'HEAD'));
  });

  it('knows no limit where none is told', async () => {
    await using hub = await startHubContract();
    await using here = await connect(hub);
    assert.equal(await here.provider.readPullLimit(signal), undefined);
  });
});
