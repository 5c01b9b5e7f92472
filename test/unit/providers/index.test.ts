import assert from 'node:assert/strict';
import { createProvider, detectProviderKind } from '../../../src/core/providers/index.ts';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
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
});
