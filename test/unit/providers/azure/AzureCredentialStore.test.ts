import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import { AcrProvider } from '../../../../src/core/providers/AcrProvider.ts';
import { AzureCredentialStore } from '../../../../src/core/providers/azure/AzureCredentialStore.ts';
import { acrImages, startAcrContract } from '../../../support/contract/acr.ts';
import type { AcrContract, AcrContractOptions } from '../../../support/contract/acr.ts';
import { redirect } from '../../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { testProviderContext } from '../../../support/testProviderContext.ts';
import { bareTransport } from '../../../support/bareTransport.ts';

const ENTRA = 'entra-token-of-somebody';

describe('AzureCredentialStore', () => {
  const { signal } = new AbortController();
  const start = (options: Partial<AcrContractOptions> = {}) =>
    startAcrContract({
      repositories: { app: { manifests: acrImages(3, digestOf) } },
      entraTokens: { [ENTRA]: ['AcrPull'] },
      ...options,
    });
  const createStore = (registryUrl: string, readToken: () => string | undefined, ...others: string[]) =>
    new AzureCredentialStore({
      registryUrl,
      entraTokens: [readToken, ...others.map((token) => () => token)].map(
        (read) => () => Promise.resolve(read()),
      ),
      openTransport: bareTransport,
    });
  const exchanges = ({ server }: AcrContract): number => server.requestsFor('/oauth2/exchange').length;
  const keyOf = ({ server }: AcrContract): string => server.host;

  it('turns a Microsoft account into tokens of the registry, exchanged once however many want it', async () => {
    await using contract = await start();
    const credentials = createStore(contract.server.origin, () => ENTRA);
    await using connection = new TestConnection(contract.server.origin, { credentials });
    const provider = new AcrProvider(testProviderContext(connection));
    const [repositories, tags] = await Promise.all([
      provider.listRepositories(undefined, signal),
      provider.listTags('app', undefined, signal),
    ]);
    assert.deepEqual(repositories.items, ['app']);
    assert.equal(tags.items.length, 3);
    assert.equal(exchanges(contract), 1);
  });

  it('shows the Entra token to the exchange alone', async () => {
    await using contract = await start();
    const credentials = createStore(contract.server.origin, () => ENTRA);
    await using connection = new TestConnection(contract.server.origin, { credentials });
    await new AcrProvider(testProviderContext(connection)).listTags('app', undefined, signal);
    const holders = contract.server.requests.filter((request) =>
      `${request.url} ${JSON.stringify(request.headers)} ${request.body.toString()}`.includes(ENTRA),
    );
    assert.deepEqual(
      holders.map(({ url }) => url),
      ['/oauth2/exchange'],
    );
    assert.ok(!connection.logs.join('\n').includes(ENTRA));
  });

  it('knows nothing for another registry', async () => {
    await using contract = await start();
    const store = createStore(contract.server.origin, () => ENTRA);
    assert.equal(await store.get({ key: 'other.azurecr.io' }, signal), undefined);
    assert.equal(contract.server.requests.length, 0);
  });

  it('is anonymous where nobody is signed in, and looks again the next time', async () => {
    await using contract = await start();
    const tokens: string[] = [];
    const store = createStore(contract.server.origin, () => tokens[0]);
    assert.equal(await store.get({ key: keyOf(contract) }, signal), undefined);
    tokens.push(ENTRA);
    assert.equal((await store.get({ key: keyOf(contract) }, signal))?.kind, 'identityToken');
  });

  it('tries the token for registries where that for Resource Manager is not accepted', async () => {
    await using contract = await start();
    const store = createStore(contract.server.origin, () => 'for-resource-manager', ENTRA);
    assert.equal((await store.get({ key: keyOf(contract) }, signal))?.kind, 'identityToken');
    assert.equal(exchanges(contract), 2);
  });

  it('says that the account is not accepted', async () => {
    await using contract = await start();
    const store = createStore(contract.server.origin, () => 'of-another-directory');
    await assert.rejects(
      store.get({ key: keyOf(contract) }, signal),
      (error) => isCoreError(error, 'unauthorized') && error.details.reason === 'azureAccountRefused',
    );
  });

  it('does not take the Entra token along to where the exchange is sent on', async () => {
    await using contract = await start();
    await using other = await FaultServer.start();
    contract.server.on('POST /oauth2/exchange', redirect(`${other.origin}/oauth2/exchange`));
    const store = createStore(contract.server.origin, () => ENTRA);
    await assert.rejects(
      store.get({ key: keyOf(contract) }, signal),
      (error) => isCoreError(error, 'tokenFailed') && error.details.reason === 'tokenRedirect',
    );
    assert.equal(other.requests.length, 0);
  });

  it('renews the refresh token five minutes before it ends', async () => {
    for (const [minutes, expected] of [
      [49, 1],
      // So short that five minutes would be half of it: a tenth.
      [0, 2],
    ] as const) {
      await using contract = await start({ refreshLifetime: minutes * 60 });
      const store = createStore(contract.server.origin, () => ENTRA);
      const credential = await store.get({ key: keyOf(contract) }, signal);
      const leftMs = credential!.renewAt!.getTime() - Date.now();
      assert.ok(leftMs <= Math.max(0, minutes - 5) * 60_000 + 6_000, `${leftMs}`);
      await store.get({ key: keyOf(contract) }, signal);
      assert.equal(exchanges(contract), expected);
    }
  });

  it('makes a new refresh token once when the old one is refused, unseen by whoever reads', async () => {
    await using contract = await start();
    const credentials = createStore(contract.server.origin, () => ENTRA);
    await using connection = new TestConnection(contract.server.origin, { credentials });
    const provider = new AcrProvider(testProviderContext(connection));
    await provider.listTags('app', undefined, signal);
    contract.revoke('refresh');
    contract.revoke('access');
    const lists = [1, 2, 3].map(() => provider.listTags('app', undefined, signal));
    for (const { items } of await Promise.all(lists)) assert.equal(items.length, 3);
    assert.equal(exchanges(contract), 2);
  });
});
