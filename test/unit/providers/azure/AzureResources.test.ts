import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { ProviderApi } from '../../../../src/core/providers/api/ProviderApi.ts';
import { AzureResources } from '../../../../src/core/providers/azure/AzureResources.ts';
import { startAzureResourceManager } from '../../../support/contract/azureResourceManager.ts';
import type { AzureResourceManagerContract } from '../../../support/contract/azureResourceManager.ts';
import { bareTransport } from '../../../support/bareTransport.ts';

const TOKEN = 'token';
const [FIRST, SECOND] = ['a', 'b'].map((letter) => `${letter.repeat(8)}-0000-0000-0000-000000000000`) as [
  string,
  string,
];

describe('AzureResources', () => {
  const { signal } = new AbortController();
  const open = ({ server }: AzureResourceManagerContract, token = TOKEN) => {
    const transport = bareTransport(server.origin);
    const api = new ProviderApi(transport, server.origin, () => Promise.resolve(`Bearer ${token}`));
    return {
      resources: new AzureResources(api, nullLogger),
      [Symbol.asyncDispose]: () => transport.dispose(),
    };
  };

  it('lists the registries of all subscriptions, page by page, by name', async () => {
    const many = Array.from({ length: 5 }, (_, index) => `m${index}`);
    await using contract = await startAzureResourceManager({
      token: TOKEN,
      subscriptions: { [FIRST]: many, [SECOND]: ['alpha'] },
      pageSize: 2,
    });
    await using azure = open(contract);
    const registries = await azure.resources.listRegistries(signal);
    assert.deepEqual(
      registries.map(({ host }) => host),
      ['alpha', ...many].map((name) => `${name}.azurecr.io`),
    );
    assert.deepEqual(registries[0], {
      host: 'alpha.azurecr.io',
      resourceId: `/subscriptions/${SECOND}/resourceGroups/group/providers/Microsoft.ContainerRegistry/registries/alpha`,
      subscription: 'Subscription b',
      resourceGroup: 'group',
      location: 'westeurope',
    });
  });

  it('leaves out a subscription that shows none, and says which permission is missing where none does', async () => {
    const subscriptions = { [FIRST]: ['mine'], [SECOND]: ['theirs'] };
    await using contract = await startAzureResourceManager({
      token: TOKEN,
      subscriptions,
      closedSubscriptions: [SECOND],
    });
    await using azure = open(contract);
    assert.deepEqual(
      (await azure.resources.listRegistries(signal)).map(({ host }) => host),
      ['mine.azurecr.io'],
    );
    await using closed = await startAzureResourceManager({
      token: TOKEN,
      subscriptions,
      closedSubscriptions: [FIRST, SECOND],
    });
    await using none = open(closed);
    await assert.rejects(
      none.resources.listRegistries(signal),
      (error) =>
        isCoreError(error, 'forbidden') &&
        error.details.missing === 'Microsoft.ContainerRegistry/registries/read',
    );
  });

  it('lists the directories of the account', async () => {
    const tenants = [{ tenantId: FIRST, displayName: 'Example' }, { tenantId: SECOND }, { tenantId: '../x' }];
    await using contract = await startAzureResourceManager({ token: TOKEN, subscriptions: {}, tenants });
    await using azure = open(contract);
    assert.deepEqual(await azure.resources.listTenants(signal), [
      { id: FIRST, name: 'Example', domain: '' },
      { id: SECOND, name: SECOND, domain: '' },
    ]);
  });

  it('says that the account is not accepted', async () => {
    await using contract = await startAzureResourceManager({ token: TOKEN, subscriptions: {} });
    await using azure = open(contract, 'other');
    await assert.rejects(azure.resources.listRegistries(signal), (error) =>
      isCoreError(error, 'unauthorized'),
    );
  });
});
