/** Sign-in by tokens, as Distribution 3 wants and checks them: from Distribution's own token server, and the rarer ones. */
import assert from 'node:assert/strict';
import { request } from 'undici';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { Credential } from '../../../src/core/credentials/CredentialStore.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { startTokenIssuer } from '../../support/servers/tokenIssuer.ts';
import type { TokenIssuer } from '../../support/servers/tokenIssuer.ts';
import { createTokenKey } from '../../support/servers/tokenKey.ts';
import type { TokenKey } from '../../support/servers/tokenKey.ts';
import { startTokenServer, TOKEN_ISSUER } from '../../support/servers/tokenServer.ts';
import { TestConnection } from '../../support/TestConnection.ts';

const SERVICE = 'berth-registry';
const ADA = { kind: 'basic', username: 'ada', password: 'correct-horse' } as const;
const { signal } = new AbortController();

const isRefusal = (error: unknown): boolean => isCoreError(error, 'unauthorized', 'forbidden');
const connect = (server: TestServer, credential?: Credential) =>
  new TestConnection(server.url, credential ? { credential } : {});

describe('RegistryClient with Distribution’s token server', () => {
  let key: TokenKey;
  let tokens: TestServer;
  let registry: TestServer;

  before(async () => {
    key = await createTokenKey();
    tokens = await startTokenServer(key, { username: 'ada', password: 'correct-horse' });
    const token = { realm: `${tokens.url}/token/`, service: SERVICE, issuer: TOKEN_ISSUER };
    registry = await startDistribution({ version: 3, token: { ...token, jwksFile: key.jwksFile } });
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
    await key[Symbol.asyncDispose]();
  });

  it('pushes, lists and deletes what the account may', async () => {
    await using at = connect(registry, ADA);
    assert.equal((await at.client.ping(signal)).authenticated, true);
    await pushSample(at.client, 'ada/app', sampleImage({ layer: 'token' }), 'v1', 'v2');
    await at.client.deleteManifest('ada/app', 'v1', signal);
    assert.deepEqual((await at.client.listTags('ada/app', undefined, 10, signal)).items, ['v2']);
    assert.deepEqual((await at.client.listRepositories(undefined, 10, signal)).items, ['ada/app']);
  });

  it('is denied what the account may not, and says so', async () => {
    await using at = connect(registry, ADA);
    await assert.rejects(pushSample(at.client, 'bob/app', sampleImage(), 'v1'), isRefusal);
    await assert.rejects(at.client.listTags('bob/app', undefined, 10, signal), isRefusal);
  });

  it('says that a password is wrong, and that nobody may come without one', async () => {
    await using wrong = connect(registry, { ...ADA, password: 'canary' });
    await assert.rejects(
      wrong.client.ping(signal),
      (error) => isCoreError(error, 'unauthorized') && !JSON.stringify(error.details).includes('canary'),
    );
    await using nobody = connect(registry);
    await assert.rejects(
      nobody.client.ping(signal),
      (error) => isCoreError(error, 'unauthorized') && error.details.reason === 'anonymousRefused',
    );
  });

  it('signs in with an identity token, as docker keeps them', async () => {
    const url = `${tokens.url}/token/?service=${SERVICE}&offline_token=true`;
    const authorization = `Basic ${Buffer.from('ada:correct-horse').toString('base64')}`;
    const { body } = await request(url, { headers: { authorization } });
    const { refresh_token: token } = (await body.json()) as { refresh_token: string };
    await using at = connect(registry, { kind: 'identityToken', token });
    await pushSample(at.client, 'ada/identity', sampleImage({ layer: 'identity' }), 'v1');
    assert.deepEqual((await at.client.listTags('ada/identity', undefined, 10, signal)).items, ['v1']);
  });
});

describe('RegistryClient with tokens that end and tokens for everybody', () => {
  let key: TokenKey;
  let tokens: TokenIssuer;
  let registry: TestServer;

  before(async () => {
    key = await createTokenKey();
    tokens = await startTokenIssuer(key, 'ada:correct-horse');
    const token = { realm: `${tokens.server.origin}/token`, service: SERVICE, issuer: TOKEN_ISSUER };
    registry = await startDistribution({ version: 3, token: { ...token, jwksFile: key.jwksFile } });
    await using at = connect(registry, ADA);
    await pushSample(at.client, 'app', sampleImage({ layer: 'public' }), 'v1');
  });
  after(async () => {
    await registry.stop();
    await tokens[Symbol.asyncDispose]();
    await key[Symbol.asyncDispose]();
  });

  it('pulls anonymously, and may not push', async () => {
    await using nobody = connect(registry);
    assert.equal((await nobody.client.getManifest('app', 'v1', signal)).kind, 'manifest');
    await assert.rejects(pushSample(nobody.client, 'app', sampleImage({ layer: 'other' }), 'v2'), isRefusal);
    await using ada = connect(registry, ADA);
    assert.deepEqual((await ada.client.listTags('app', undefined, 10, signal)).items, ['v1']);
  });

  it('gets a new token, once, where the registry says that the one it has is over', async () => {
    await using at = connect(registry, ADA);
    await at.client.ping(signal);
    tokens.endNext();
    const before = tokens.server.requestsFor('/token').length;
    assert.deepEqual((await at.client.listTags('app', undefined, 10, signal)).items, ['v1']);
    assert.equal(tokens.server.requestsFor('/token').length - before, 2);
    assert.deepEqual((await at.client.listTags('app', undefined, 10, signal)).items, ['v1']);
    assert.equal(tokens.server.requestsFor('/token').length - before, 2, 'the new one is kept');
  });
});
