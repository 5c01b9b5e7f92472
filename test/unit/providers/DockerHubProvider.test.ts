import assert from 'node:assert/strict';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { DockerHubProvider } from '../../../src/core/providers/DockerHubProvider.ts';
import { RegistryClient } from '../../../src/core/registry/RegistryClient.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import type { Transport, TransportRequest } from '../../../src/core/registry/transport/Transport.ts';
import { reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { sampleImage } from '../../support/sampleImage.ts';
import { TestConnection } from '../../support/TestConnection.ts';

describe('DockerHubProvider', () => {
  /** Docker Hub's address cannot be reached from a test; what would be asked there can be seen. */
  const seenRequests: TransportRequest[] = [];
  const transport = {
    request: (request: TransportRequest) => {
      seenRequests.push(request);
      return Promise.reject(new Error('not reached'));
    },
  } as unknown as Transport;
  const hubClient = (path = '') =>
    new RegistryClient(createEndpoint(`docker.io${path}`, 'namespace'), transport, nullLogger);
  const { signal } = new AbortController();

  it('finds official images under library/', async () => {
    const ask = async (path: string, repository: string) => {
      await assert.rejects(hubClient(path).listTags(repository, undefined, 10, signal));
      const { path: asked, scopes } = seenRequests.at(-1)!;
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

  it('knows the web pages of repositories and tags', () => {
    const provider = new DockerHubProvider(hubClient());
    assert.equal(provider.webUrl('alpine'), 'https://hub.docker.com/_/alpine');
    assert.equal(provider.webUrl('someone/app'), 'https://hub.docker.com/r/someone/app');
    assert.equal(
      provider.webUrl('someone/app', 'v1+x'),
      'https://hub.docker.com/r/someone/app/tags?name=v1%2Bx',
    );
  });

  it('has no catalog and asks for none', async () => {
    const provider = new DockerHubProvider(hubClient());
    const before = seenRequests.length;
    assert.equal(provider.capabilities.listsRepositories, false);
    assert.deepEqual(await provider.listRepositories(), { items: [] });
    assert.equal(seenRequests.length, before);
  });

  it('spends one pull on an image however often it is shown', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    const image = sampleImage();
    const headers = { 'content-type': image.mediaType, 'docker-content-digest': image.digest };
    for (const reference of ['latest', 'v1', image.digest]) {
      server.on(`/v2/app/manifests/${reference}`, reply(200, image.bytes, headers));
    }
    for (const blob of image.blobs) server.on(`/v2/app/blobs/${digestOf(blob)}`, reply(200, blob));
    const provider = new DockerHubProvider(connection.client);
    for (const tag of ['latest', 'v1', 'latest']) {
      assert.equal((await provider.getTagDetails('app', tag, signal)).digest, image.digest);
    }
    const pulls = server.requests.filter(
      ({ method, url }) => method === 'GET' && url.includes('/manifests/'),
    );
    assert.deepEqual(
      pulls.map(({ url }) => url),
      [`/v2/app/manifests/${image.digest}`],
    );
  });

  it('reads by tag where HEAD names no digest', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    const image = sampleImage();
    server.on('/v2/app/manifests/v1', reply(200, image.bytes, { 'content-type': image.mediaType }));
    for (const blob of image.blobs) server.on(`/v2/app/blobs/${digestOf(blob)}`, reply(200, blob));
    const details = await new DockerHubProvider(connection.client).getTagDetails('app', 'v1', signal);
    assert.equal(details.digest, image.digest);
  });
});
