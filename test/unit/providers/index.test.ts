import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { createProvider, detectProviderKind, probeProviderKind } from '../../../src/core/providers/index.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';
import { TestConnection } from '../../support/TestConnection.ts';

describe('providers', () => {
  const kindOf = (url: string) => detectProviderKind(createEndpoint(url, 'namespace'));

  it('are found by address', () => {
    assert.equal(kindOf('docker.io'), 'dockerHub');
    assert.equal(kindOf('https://index.docker.io/v1/'), 'dockerHub');
    assert.equal(kindOf('ghcr.io/owner'), 'ghcr');
    assert.equal(kindOf('localhost:5000'), 'oci');
    assert.equal(kindOf('docker.io.example'), 'oci');
  });

  it('are created by kind, an unknown one as a plain registry', async () => {
    await using connection = new TestConnection('https://h.example');
    const context = testProviderContext(connection);
    for (const kind of ['oci', 'dockerHub', 'ghcr'])
      assert.equal((await createProvider(kind, context)).kind, kind);
    assert.equal((await createProvider('somethingNewer', context)).kind, 'oci');
  });

  it('are asked for once where the address does not tell; one that only fails is a plain registry', async () => {
    await using server = await FaultServer.start();
    server.on('*', reply(500, 'broken'));
    await using connection = new TestConnection(server.origin);
    const { signal } = new AbortController();
    assert.equal(await probeProviderKind(connection.client, signal), 'oci');
    await assert.rejects(probeProviderKind(connection.client, AbortSignal.abort()), (error) =>
      isCoreError(error, 'cancelled'),
    );
  });

  it('are asked for in one request each, whatever the registry is', async () => {
    await using server = await FaultServer.start();
    server.on('*', reply(404));
    await using connection = new TestConnection(server.origin);
    assert.equal(await probeProviderKind(connection.client, new AbortController().signal), 'oci');
    assert.equal(server.requests.length, new Set(server.requests.map(({ url }) => url)).size);
    assert.ok(server.requests.length <= 3, `${server.requests.length} requests`);
  });
});
