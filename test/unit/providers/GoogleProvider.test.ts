import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { planDeletion } from '../../../src/core/operations/planDeletion.ts';
import { deleteTags } from '../../../src/core/operations/deleteTags.ts';
import { GoogleProvider } from '../../../src/core/providers/GoogleProvider.ts';
import { detectProviderKind } from '../../../src/core/providers/index.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { startGoogleContract } from '../../support/contract/google.ts';
import type { GoogleContract, GoogleContractManifest } from '../../support/contract/google.ts';
import { json, reply } from '../../support/faultServer/behaviours.ts';
import { sampleImage } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { listAllRepositories } from '../../support/listAll.ts';
import { CONNECTION_ID, createTestJournal } from '../operations/operationsFixture.ts';

const ACCESS_TOKEN = 'ya29.access';
const PUSHED = Date.UTC(2025, 3, 2);

describe('GoogleProvider', () => {
  const { signal } = new AbortController();
  const basic = (username: string, password: string) => ({ kind: 'basic' as const, username, password });
  const token = basic('oauth2accesstoken', ACCESS_TOKEN);

  const connect = (
    contract: GoogleContract,
    host: string,
    path = '',
    credential = token,
    fetchToken?: typeof fetch,
  ) => {
    const connection = new TestConnection(`${contract.server.origin}${path}`, {
      credential,
      endpoint: { credentialKey: host },
    });
    const settings = { apiUrl: contract.server.origin };
    return {
      provider: new GoogleProvider(testProviderContext(connection, { settings, credential }), fetchToken),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  };
  const image = (name: string, ...tag: string[]): Record<string, GoogleContractManifest> => ({
    [digestOf(Buffer.from(name))]: {
      imageSizeBytes: '1000',
      mediaType: MediaType.dockerManifest,
      timeCreatedMs: String(PUSHED),
      timeUploadedMs: String(PUSHED),
      tag,
    },
  });

  it('is recognised by its hosts', () => {
    const kindOf = (url: string) => detectProviderKind(createEndpoint(url, 'namespace'));
    for (const host of ['gcr.io', 'eu.gcr.io', 'europe-west1-docker.pkg.dev', 'us-docker.pkg.dev/p/r']) {
      assert.equal(kindOf(`https://${host}`), 'google', host);
    }
    for (const host of ['gcr.io.example', 'notgcr.io', 'pkg.dev.example', 'a.b.pkg.dev']) {
      assert.equal(kindOf(`https://${host}`), 'oci', host);
    }
  });

  it('shows 1,000 tags with size and date in one request', async () => {
    const manifests = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => Object.entries(image(`m${i}`, `v${i}`))).flat(),
    );
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: { 'p/r/app': manifests },
    });
    await using session = connect(contract, 'us-docker.pkg.dev', '/p/r');
    const { provider } = session;
    const { items, nextCursor } = await provider.listTags('app', undefined, signal);
    assert.equal(nextCursor, undefined);
    assert.equal(items.length, 1_000);
    for (const { details } of items) {
      assert.deepEqual([details?.sizeInBytes, details?.createdAt?.getTime()], [1_000, PUSHED]);
    }
    await provider.getTagDetails('app', 'v7', signal);
    assert.equal(contract.dataRequests().length, 1);
  });

  it('takes the time of upload where that of creation is made up', async () => {
    const manifest = { imageSizeBytes: '5', mediaType: MediaType.ociManifest };
    const [old, zero, odd] = ['old', 'zero', 'odd'].map((name) => digestOf(Buffer.from(name)));
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: {
        'p/app': {
          [old!]: { ...manifest, timeCreatedMs: '315532800000', timeUploadedMs: PUSHED, tag: ['old'] },
          [zero!]: { ...manifest, timeCreatedMs: '0', timeUploadedMs: '0', tag: ['zero'] },
          [odd!]: { imageSizeBytes: 'many', timeCreatedMs: null, mediaType: 7, tag: ['odd', '../x'] },
          'not-a-digest': { ...manifest, tag: ['stray'] },
        },
      },
    });
    await using session = connect(contract, 'gcr.io', '/p');
    const { provider } = session;
    const { items } = await provider.listTags('app', undefined, signal);
    const shown = new Map(items.map(({ name, details }) => [name, details]));
    assert.deepEqual([...shown.keys()].sort(), ['odd', 'old', 'stray', 'zero']);
    assert.equal(shown.get('old')?.createdAt?.getTime(), PUSHED);
    assert.equal(shown.get('zero')?.createdAt, undefined);
    assert.deepEqual(shown.get('odd'), { digest: odd, mediaType: '', kind: 'image' });
    assert.equal(shown.get('stray'), undefined);
  });

  it('lists what no tag leads to with the tags, and lets the registry keep what has got one since', async () => {
    const index = { mediaType: MediaType.ociIndex, imageSizeBytes: '700' };
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: {
        'p/app': {
          ...image('tagged', 'v1'),
          ...image('bare'),
          [digestOf(Buffer.from('index'))]: { ...image('index'), ...index, timeUploadedMs: String(PUSHED) },
          'no digest': image('odd'),
        },
      },
    });
    await using session = connect(contract, 'gcr.io', '/p');
    const { items } = await session.provider.listUntagged('app', undefined, signal);
    assert.deepEqual(
      items.map(({ digest, mediaType, sizeInBytes, createdAt }) => [
        digest,
        mediaType,
        sizeInBytes,
        createdAt?.getTime(),
      ]),
      [
        [digestOf(Buffer.from('bare')), MediaType.dockerManifest, 1000, PUSHED],
        // The size told of an index is its own.
        [digestOf(Buffer.from('index')), MediaType.ociIndex, undefined, PUSHED],
      ],
    );
    assert.equal(contract.dataRequests().length, 1);
    const tagged = digestOf(Buffer.from('tagged'));
    await assert.rejects(
      session.provider.client.deleteManifest('app', tagged, signal),
      (error) => isCoreError(error, 'conflict') && error.details.reason === 'manifestHasTags',
    );
  });

  it('reads an index for its platforms and size, which the listing does not say', async () => {
    const sample = sampleImage();
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: {
        'p/app': {
          [sample.digest]: {
            imageSizeBytes: '1600',
            mediaType: MediaType.ociIndex,
            timeCreatedMs: '0',
            timeUploadedMs: PUSHED,
            tag: ['multi'],
          },
        },
      },
    });
    await using session = connect(contract, 'gcr.io', '/p');
    const { provider } = session;
    const { items } = await provider.listTags('app', undefined, signal);
    assert.equal(items[0]?.details?.kind, 'index');
    assert.equal(items[0].details.sizeInBytes, undefined);
    contract.server.on(
      'GET /v2/p/app/manifests/multi',
      reply(200, sample.bytes, { 'content-type': sample.mediaType }),
    );
    for (const blob of sample.blobs)
      contract.server.on(`/v2/p/app/blobs/${digestOf(blob)}`, reply(200, blob));
    const details = await provider.getTagDetails('app', 'multi', signal);
    assert.ok(details.sizeInBytes !== undefined && details.sizeInBytes > 0);
    assert.ok(details.platforms);
  });

  it('finds nested repositories below a project of gcr.io, one request a path', async () => {
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: {
        'p/app': image('a', 'v1'),
        'p/app/debug': image('b', 'v1'),
        'p/team/deep/tool': image('c', 'v1'),
        'p/secret': image('d', 'v1'),
      },
      closedPaths: ['p/secret'],
    });
    await using session = connect(contract, 'gcr.io', '/p');
    const { provider } = session;
    assert.deepEqual((await listAllRepositories(provider)).sort(), ['app', 'app/debug', 'team/deep/tool']);
    const paths = contract.dataRequests().map(({ url }) => url);
    assert.equal(paths.length, new Set(paths).size);
  });

  it('names the permission that is missing to look into a path', async () => {
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: { 'p/secret': image('d', 'v1') },
      closedPaths: ['p/secret'],
    });
    await using session = connect(contract, 'gcr.io', '/p');
    await assert.rejects(
      session.provider.listTags('secret', undefined, signal),
      (error) =>
        isCoreError(error, 'forbidden') &&
        error.details.missing === 'artifactregistry.repositories.downloadArtifacts',
    );
  });

  it('lists projects with the token of the gcloud credential helper, too', async () => {
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      projects: { mine: 'ACTIVE' },
      repositories: { 'mine/us': { images: 'DOCKER' } },
      images: { 'mine/images/app': image('a', 'v1') },
    });
    const helper = basic('_dcgcloud_token', ACCESS_TOKEN);
    contract.server.on('GET /v2/token', json({ token: 'registry-token', expires_in: 300 }));
    await using session = connect(contract, 'us-docker.pkg.dev', '', helper);
    assert.deepEqual(await listAllRepositories(session.provider), ['mine/images/app']);
  });

  it('pages through more repositories than one page holds', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `app${String(i).padStart(3, '0')}`);
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: Object.fromEntries(names.map((name) => [`p/r/${name}`, image(name, 'v1')])),
    });
    await using session = connect(contract, 'us-docker.pkg.dev', '/p/r');
    const { provider } = session;
    const first = await provider.listRepositories(undefined, signal);
    assert.ok(first.items.length > 0 && first.items.length < 250 && first.nextCursor !== undefined);
    assert.deepEqual(await listAllRepositories(provider), names);
  });

  it('asks Google Cloud for projects and for repositories of the host’s location', async () => {
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      projects: { alpha: 'ACTIVE', beta: 'ACTIVE', gone: 'DELETE_REQUESTED', 'example.com:old': 'ACTIVE' },
      repositories: {
        'alpha/europe-west1': { images: 'DOCKER', npm: 'NPM', more: 'DOCKER' },
        'alpha/us': { elsewhere: 'DOCKER' },
      },
      images: { 'alpha/images/app': image('a', 'v1'), 'alpha/more/tool': image('b', 'v1') },
      pageSize: 1,
    });
    const host = 'europe-west1-docker.pkg.dev';
    for (const [path, prefix] of [
      ['', 'alpha/'],
      ['/alpha', ''],
    ] as const) {
      await using session = connect(contract, host, path);
      const { provider } = session;
      assert.deepEqual(await listAllRepositories(provider), [`${prefix}images/app`, `${prefix}more/tool`]);
    }
  });

  it('names the permission that is missing', async () => {
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      missingPermissions: ['artifactregistry.repositories.list'],
    });
    await using session = connect(contract, 'us-docker.pkg.dev', '/alpha');
    const { provider } = session;
    await assert.rejects(provider.listRepositories(undefined, signal), (error) => {
      assert.ok(isCoreError(error, 'forbidden'));
      assert.equal(error.details.reason, 'missingPermission');
      assert.equal(error.details.missing, 'artifactregistry.repositories.list');
      return true;
    });
  });

  for (const username of ['_json_key', '_json_key_base64']) {
    it(`lists the repositories of a service account’s own project by its key: ${username}`, async () => {
      await using contract = await startGoogleContract({
        accessToken: ACCESS_TOKEN,
        // Projects it cannot list.
        missingPermissions: ['resourcemanager.projects.get'],
        repositories: { 'mine/us': { images: 'DOCKER' }, 'other/us': { hidden: 'DOCKER' } },
        images: { 'mine/images/app': image('a', 'v1') },
      });
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = JSON.stringify({
        type: 'service_account',
        project_id: 'mine',
        client_email: 'berth@mine.iam.gserviceaccount.com',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      });
      const password = username === '_json_key' ? key : Buffer.from(key).toString('base64');
      contract.server
        .on('GET /v2/token', json({ token: 'registry-token', expires_in: 300 }))
        .on('POST /token', json({ access_token: ACCESS_TOKEN, expires_in: 3600, token_type: 'Bearer' }));
      // Google's token server cannot be reached from a test; everything it would be sent goes to ours.
      const ours: typeof fetch = (url, init) =>
        fetch(contract.server.origin + new URL(url instanceof Request ? url.url : url).pathname, init);
      await using session = connect(contract, 'us-docker.pkg.dev', '', basic(username, password), ours);
      for (const time of ['first', 'again']) {
        assert.deepEqual(await listAllRepositories(session.provider), ['mine/images/app'], time);
      }
      const asked = contract.server.requests.filter(({ url }) => url === '/token');
      assert.equal(asked.length, 1);
      assert.ok(!asked[0]!.body.toString().includes('PRIVATE KEY'), 'the key itself was sent');
    });
  }

  it('lists no projects by a key that cannot be read, which goes to the registry only', async () => {
    await using contract = await startGoogleContract({ accessToken: ACCESS_TOKEN });
    await using session = connect(contract, 'us-docker.pkg.dev', '', basic('_json_key', '{"private"}'));
    const { provider } = session;
    await assert.rejects(
      provider.listRepositories(undefined, signal),
      (error) => isCoreError(error, 'unsupported') && error.details.reason === 'noCatalog',
    );
    assert.equal(contract.server.requests.length, 0);
  });

  it('tells a wrong token by the registry’s refusal', async () => {
    await using contract = await startGoogleContract({ accessToken: ACCESS_TOKEN });
    await using session = connect(contract, 'gcr.io', '/p', basic('oauth2accesstoken', 'ended'));
    const { provider } = session;
    await assert.rejects(provider.listRepositories(undefined, signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
  });

  it('deletes one tag by its name, and says why a manifest cannot go', async () => {
    const tagged = digestOf(Buffer.from('a'));
    const held = digestOf(Buffer.from('b'));
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      images: { 'p/app': { ...image('a', 'v1', 'v2'), ...image('b') } },
    });
    await using session = connect(contract, 'gcr.io', '/p');
    const { provider } = session;
    assert.equal(provider.capabilities.deletesSingleTag, 'native');
    await provider.client.deleteManifest('app', 'v1', signal);
    const reasonOf = (digest: string) =>
      provider.client.deleteManifest('app', digest, signal).then(
        () => 'deleted',
        (error: unknown) => (isCoreError(error, 'conflict') ? error.details.reason : String(error)),
      );
    assert.equal(await reasonOf(tagged), 'manifestHasTags');
    assert.equal(await reasonOf(held), 'manifestHasParents');
  });

  it('names the permission that is missing to delete', async () => {
    const sample = sampleImage();
    await using contract = await startGoogleContract({
      accessToken: ACCESS_TOKEN,
      deletesNothing: true,
      images: { 'p/app': { [sample.digest]: { mediaType: sample.mediaType, tag: ['v1'] } } },
    });
    for (const [method, reference] of [
      ['HEAD', 'v1'],
      ['GET', 'v1'],
      ['GET', sample.digest],
    ] as const) {
      contract.server.on(
        `${method} /v2/p/app/manifests/${reference}`,
        reply(200, method === 'HEAD' ? undefined : sample.bytes, {
          'content-type': sample.mediaType,
          'docker-content-digest': sample.digest,
        }),
      );
    }
    await using session = connect(contract, 'us-docker.pkg.dev', '/p');
    await using kept = await createTestJournal();
    const { provider } = session;
    const plan = await planDeletion(provider, 'app', ['v1'], signal);
    const { outcomes } = await deleteTags(provider, plan, {
      journal: kept.journal,
      connectionId: CONNECTION_ID,
      signal,
    });
    const [outcome] = outcomes;
    assert.ok(outcome?.state === 'kept' && isCoreError(outcome.error, 'forbidden'), inspect(outcome));
    assert.equal(outcome.error.details.reason, 'missingPermission');
    assert.equal(outcome.error.details.missing, 'artifactregistry.repositories.deleteArtifacts');
  });

  it('knows the page that leads to the console', async () => {
    await using connection = new TestConnection('https://us-docker.pkg.dev/p/r');
    const provider = new GoogleProvider(testProviderContext(connection));
    assert.equal(provider.webUrl('app'), 'https://us-docker.pkg.dev/p/r/app');
    assert.equal(provider.webUrl('app', 'v1'), 'https://us-docker.pkg.dev/p/r/app:v1');
  });
});
