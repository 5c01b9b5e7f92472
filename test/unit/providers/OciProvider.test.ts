import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { OciProvider } from '../../../src/core/providers/OciProvider.ts';
import { json, reply, stall } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { forward } from '../../support/forward.ts';
import { pushSample, sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import type { SampleManifest } from '../../support/sampleImage.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { startTokenRegistry } from '../../support/tokenRegistry.ts';
import { listAllTags } from '../../support/listAll.ts';

describe('OciProvider on a real registry', () => {
  let registry: TestServer;
  let direct: TestConnection;
  let front: FaultServer;
  let connection: TestConnection;
  let provider: OciProvider;
  const { signal } = new AbortController();
  const requests = () => front.requests.map(({ method, url }) => `${method} ${url}`);

  before(async () => {
    registry = await startDistribution({ version: 3 });
    direct = new TestConnection(registry.url);
  });
  after(async () => {
    await direct[Symbol.asyncDispose]();
    await registry.stop();
  });
  beforeEach(async () => {
    front = await FaultServer.start();
    front.on('*', forward(registry.url));
    connection = new TestConnection(front.origin);
    provider = new OciProvider(connection.client);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await front[Symbol.asyncDispose]();
  });

  it('lists 1,000 tags in at most two requests', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `v${String(index).padStart(4, '0')}`);
    const image = sampleImage({ layer: 'many' });
    await pushSample(direct.client, 'many/app', image, names[0]!);
    for (let start = 1; start < names.length; start += 50) {
      await Promise.all(
        names
          .slice(start, start + 50)
          .map((tag) => direct.client.putManifest('many/app', tag, image.mediaType, image.bytes, signal)),
      );
    }
    const seen = (await listAllTags(provider, 'many/app')).map(({ name }) => name);
    assert.deepEqual(seen, names);
    assert.ok(front.requests.length <= 2, requests().join('\n'));
  }).timeout(60_000);

  it('reads an image in one request for its manifest and one for its config', async () => {
    const image = sampleImage({ layer: 'single', architecture: 'arm64', created: '2025-01-02T03:04:05Z' });
    await pushSample(direct.client, 'details/app', image, 'v1', 'v1.0');
    const details = await provider.getTagDetails('details/app', 'v1', signal);
    assert.deepEqual(details, {
      digest: image.digest,
      mediaType: MediaType.ociManifest,
      kind: 'image',
      sizeInBytes: image.sizeInBytes,
      createdAt: new Date('2025-01-02T03:04:05Z'),
      platforms: [{ os: 'linux', architecture: 'arm64' }],
    });
    assert.equal(front.requests.length, 2);

    await provider.getTagDetails('details/app', 'v1.0', signal);
    assert.equal(front.requests.length, 3, 'the config of a digest is read once');
  });

  it('adds up the platforms of an index and leaves attestations out', async () => {
    const [amd64, arm64] = [
      sampleImage({ layer: 'amd64', architecture: 'amd64', created: '2025-05-05T05:05:05Z' }),
      sampleImage({ layer: 'arm64 is longer', architecture: 'arm64' }),
    ];
    const attestation = sampleImage({ layer: 'attestation', os: 'unknown', architecture: 'unknown' });
    for (const image of [amd64, arm64, attestation]) await pushSample(direct.client, 'index/app', image);
    const index = sampleIndex([
      [amd64, 'linux/amd64'],
      [arm64, 'linux/arm64'],
      [attestation, 'unknown/unknown', { 'vnd.docker.reference.type': 'attestation-manifest' }],
    ]);
    await pushSample(direct.client, 'index/app', index, 'multi');
    const details = await provider.getTagDetails('index/app', 'multi', signal);
    assert.equal(details.kind, 'index');
    assert.equal(details.sizeInBytes, amd64.sizeInBytes + arm64.sizeInBytes);
    assert.deepEqual(details.createdAt, new Date('2025-05-05T05:05:05Z'));
    assert.deepEqual(details.platforms, [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    assert.equal(front.requests.length, 4, 'index, two manifests, one config');
  });

  it('names a Helm chart and another artifact, and reads no config for them', async () => {
    const chart = sampleImage({ layer: 'chart', configType: MediaType.helmConfig });
    const artifact = sampleImage({
      layer: 'rocket',
      artifactType: 'application/vnd.acme.rocket.v1+json',
      configType: MediaType.ociEmpty,
    });
    await pushSample(direct.client, 'artifact/app', chart, 'chart');
    await pushSample(direct.client, 'artifact/app', artifact, 'rocket');
    assert.equal((await provider.getTagDetails('artifact/app', 'chart', signal)).kind, 'helm');
    const { kind, artifactType, sizeInBytes } = await provider.getTagDetails(
      'artifact/app',
      'rocket',
      signal,
    );
    assert.deepEqual(
      [kind, artifactType, sizeInBytes],
      ['artifact', 'application/vnd.acme.rocket.v1+json', artifact.sizeInBytes],
    );
    assert.equal(front.requests.length, 2);
  });

  it('reads a config once for many tags at the same time', async () => {
    const image = sampleImage({ layer: 'shared' });
    const tags = ['a', 'b', 'c', 'd', 'e'];
    await pushSample(direct.client, 'shared/app', image, ...tags);
    await Promise.all(tags.map((tag) => provider.getTagDetails('shared/app', tag, signal)));
    assert.equal(requests().filter((line) => line.includes('/blobs/')).length, 1);
  });

  it('pages the catalog', async () => {
    await pushSample(direct.client, 'zeta/app', sampleImage(), 'v1');
    assert.ok((await provider.listRepositories(undefined, signal)).items.includes('zeta/app'));
    assert.equal(front.requests.length, 1);
  });

  it('gets one token for the tags and the details of 100 of them', async () => {
    const image = sampleImage({ layer: 'token' });
    const tags = Array.from({ length: 100 }, (_, index) => `t${index}`);
    await pushSample(direct.client, 'token/app', image, ...tags);
    const account = { username: 'ada', password: 'correct-horse' };
    await using protectedRegistry = await startTokenRegistry({ upstream: registry.url, account });
    await using signedIn = new TestConnection(protectedRegistry.server.origin, {
      credential: { kind: 'basic', ...account },
    });
    const protectedProvider = new OciProvider(signedIn.client);
    const page = await protectedProvider.listTags('token/app', undefined, signal);
    assert.equal(page.items.length, 100);
    const details = await Promise.all(
      page.items.map(({ name }) => protectedProvider.getTagDetails('token/app', name, signal)),
    );
    assert.ok(details.every(({ digest }) => digest === image.digest));
    assert.equal(protectedRegistry.tokenRequests().length, 1);
  });
});

describe('OciProvider on odd content', () => {
  let server: FaultServer;
  let connection: TestConnection;
  let provider: OciProvider;

  beforeEach(async () => {
    server = await FaultServer.start();
    connection = new TestConnection(server.origin);
    provider = new OciProvider(connection.client);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const serve = (sample: SampleManifest, reference: string = sample.digest): void => {
    server.on(
      `/v2/app/manifests/${reference}`,
      reply(200, sample.bytes, { 'content-type': sample.mediaType }),
    );
    for (const blob of sample.blobs) server.on(`/v2/app/blobs/${digestOf(blob)}`, reply(200, blob));
  };
  const details = (tag = 'v1', signal = connection.signal) => provider.getTagDetails('app', tag, signal);

  it('does not take the time of a reproducible build for an age', async () => {
    serve(sampleImage({ created: '1970-01-01T00:00:00Z' }), 'v1');
    assert.equal('createdAt' in (await details()), false);
  });

  it('shows an image whose config is gone', async () => {
    const image = sampleImage();
    serve(image, 'v1');
    server.on('/v2/app/blobs/*', reply(404));
    const { kind, sizeInBytes, createdAt, platforms } = await details();
    assert.deepEqual(
      [kind, sizeInBytes, createdAt, platforms],
      ['image', image.sizeInBytes, undefined, undefined],
    );
  });

  it('tries again what failed for another reason', async () => {
    const image = sampleImage();
    serve(image, 'v1');
    const blob = `/v2/app/blobs/${digestOf(image.blobs[0]!)}`;
    server.on(blob, reply(403), reply(200, image.blobs[0]));
    await assert.rejects(details(), (error) => isCoreError(error, 'forbidden'));
    assert.deepEqual((await details()).platforms, [{ os: 'linux', architecture: 'amd64' }]);
  });

  it('does not know the size of an index of which a platform is missing', async () => {
    const [here, gone] = [sampleImage({ layer: 'here' }), sampleImage({ layer: 'gone' })];
    serve(here);
    serve(
      sampleIndex([
        [here, 'linux/amd64'],
        [gone, 'linux/arm64'],
      ]),
      'v1',
    );
    const { sizeInBytes, platforms, createdAt } = await details();
    assert.equal(sizeInBytes, undefined);
    assert.equal(platforms?.length, 2);
    assert.ok(createdAt);
  });

  it('45: gives up on indexes nested over 8 deep, and reads shallower ones', async () => {
    const image = sampleImage();
    serve(image);
    const nest = (depth: number): SampleManifest => {
      const inner = depth === 0 ? image : nest(depth - 1);
      const index = sampleIndex([[inner, 'linux/amd64']]);
      serve(index);
      return index;
    };
    serve(nest(3), 'v1');
    assert.equal((await details()).sizeInBytes, image.sizeInBytes);
    serve(nest(12), 'v2');
    assert.equal((await details('v2')).sizeInBytes, undefined);
  });

  it('does not read the platforms of an index without end', async () => {
    const images = Array.from({ length: 200 }, (_, index) => sampleImage({ layer: `layer ${index}` }));
    serve(sampleIndex(images.map((image) => [image, 'linux/amd64'] as const)), 'v1');
    assert.equal((await details()).sizeInBytes, undefined);
    assert.equal(server.requests.length, 1);
  });

  it('reads age and platform of a schema 1 manifest from within', async () => {
    const v1Compatibility = JSON.stringify({ created: '2015-06-07T08:09:10Z' });
    const manifest = {
      schemaVersion: 1,
      name: 'app',
      tag: 'v1',
      architecture: 'amd64',
      fsLayers: [],
      history: [{ v1Compatibility }],
    };
    server.on('/v2/app/manifests/v1', json(manifest, 200, { 'content-type': MediaType.dockerSchema1 }));
    const { kind, createdAt, platforms, sizeInBytes } = await details();
    assert.deepEqual(
      [kind, createdAt, platforms, sizeInBytes],
      ['legacy', new Date('2015-06-07T08:09:10Z'), [{ os: 'linux', architecture: 'amd64' }], undefined],
    );
  });

  it('lets one who waits go without taking the config from the others', async () => {
    const image = sampleImage();
    serve(image, 'v1');
    serve(image, 'v2');
    const blob = `/v2/app/blobs/${digestOf(image.blobs[0]!)}`;
    let answer: (() => void) | undefined;
    server.on(blob, (exchange) => {
      answer = () => void reply(200, image.blobs[0])(exchange);
    });
    const manifests: Promise<unknown>[] = [];
    const { client } = connection;
    const getManifest = client.getManifest.bind(client);
    client.getManifest = (...args) => {
      const manifest = getManifest(...args);
      manifests.push(manifest);
      return manifest;
    };
    const impatient = new AbortController();
    const first = details('v1', impatient.signal);
    await server.until(() => answer !== undefined);
    const second = details('v2');
    await manifests[1];
    await new Promise((resolve) => setImmediate(resolve)); // now the second waits for the same config
    impatient.abort();
    await assert.rejects(first, (error) => isCoreError(error, 'cancelled'));
    answer!();
    assert.equal((await second).digest, image.digest);
    assert.equal(server.requestsFor(blob).length, 1);
  });

  it('obeys cancel while the registry hangs', async () => {
    server.on('/v2/app/manifests/v1', stall);
    const controller = new AbortController();
    const pending = details('v1', controller.signal);
    await server.until(() => server.requests.length === 1);
    controller.abort();
    await assert.rejects(pending, (error) => isCoreError(error, 'cancelled'));
  });

  it('looks beyond pages that hold only the repositories of others', async () => {
    await using team = new TestConnection(`${server.origin}/team`);
    const page = (names: string[], link?: string) =>
      json({ repositories: names }, 200, link === undefined ? {} : { link });
    server.on(
      '/v2/_catalog',
      page(['a/x'], '<?at=1>; rel=next'),
      page(['b/x'], '<?at=2>; rel=next'),
      page(['team/app'], '<?at=3>; rel=next'),
    );
    const listed = await new OciProvider(team.client).listRepositories(undefined, team.signal);
    assert.deepEqual(listed.items, ['app']);
    assert.ok(listed.nextCursor !== undefined);
    assert.equal(server.requests.length, 3);
  });
});
