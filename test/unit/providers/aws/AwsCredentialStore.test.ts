import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import {
  AwsCredentialStore,
  type AwsCredentialStoreOptions,
} from '../../../../src/core/providers/aws/AwsCredentialStore.ts';
import { createEndpoint } from '../../../../src/core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../../../../src/core/registry/RegistryClient.ts';
import { Transport } from '../../../../src/core/registry/transport/Transport.ts';
import { TWO_PROFILES, useAwsHome } from '../../../support/awsHome.ts';
import { startEcrContract } from '../../../support/contract/ecr.ts';
import { challenge, json } from '../../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { startMoto } from '../../../support/servers/moto.ts';

describe('AwsCredentialStore', () => {
  const { signal } = new AbortController();
  const keys = { AKIADEFAULT: [], AKIAWORK: [] };
  const MINUTE = 60;
  let home: AsyncDisposable;

  beforeEach(async () => {
    home = await useAwsHome({ credentials: TWO_PROFILES });
  });

  afterEach(() => home[Symbol.asyncDispose]());

  function createTransport(origin: string, credentials?: AwsCredentialStore): Transport {
    return new Transport({
      endpoint: createEndpoint(origin, 'api'),
      tls: {},
      proxy: { strictProxyTls: true },
      credentials: credentials ?? { get: () => Promise.resolve(undefined) },
      logger: nullLogger,
      userAgent: 'berth-test',
    });
  }

  function createStore(apiUrl: string, options: Partial<AwsCredentialStoreOptions> = {}): AwsCredentialStore {
    return new AwsCredentialStore({
      host: 'registry.example',
      region: 'eu-west-1',
      apiUrl,
      openTransport: createTransport,
      logger: nullLogger,
      ...options,
    });
  }

  it('signs in as AWS with a token, asked for once however many want it, and closes the way to AWS', async () => {
    await using ecr = await startEcrContract({ keys });
    const store = createStore(ecr.server.origin);
    const key = 'registry.example';
    const [first, second] = await Promise.all([store.get({ key }, signal), store.get({ key }, signal)]);
    assert.deepEqual(first, second);
    assert.ok(first?.kind === 'basic');
    assert.deepEqual([first.username, first.password], ['AWS', 'token-1']);
    assert.equal((await store.get({ key }, signal)) === first, true);
    assert.deepEqual(ecr.calls(), ['GetAuthorizationToken']);
    await ecr.server.until(() => ecr.server.openConnections === 0);
  });

  it('makes another token when the one it gave is refused, once however many say so', async () => {
    await using ecr = await startEcrContract({ keys });
    const store = createStore(ecr.server.origin);
    const key = 'registry.example';
    const refused = await store.get({ key }, signal);
    const request = { key, ...(refused && { refused }) };
    const [first, second] = await Promise.all([store.get(request, signal), store.get(request, signal)]);
    assert.equal(first, second);
    assert.notEqual(first, refused);
    assert.equal(await store.get(request, signal), first);
    assert.equal(ecr.calls().length, 2);
  });

  it('gives a registry that refuses the token a new one, unseen by whoever asks', async () => {
    await using ecr = await startEcrContract({ keys });
    await using registry = await FaultServer.start();
    const accepted = ['token-1'];
    const basic = (token: string) => `Basic ${Buffer.from(`AWS:${token}`).toString('base64')}`;
    registry.on('/v2/*', (exchange) =>
      accepted.some((token) => exchange.request.headers.authorization === basic(token))
        ? json({ tags: ['v1'] })(exchange)
        : challenge('Basic realm="ecr"')(exchange),
    );
    const store = createStore(ecr.server.origin, { host: registry.host });
    await using connection = new TestConnection(registry.origin, { credentials: store });
    const list = () => connection.client.listTags('app', undefined, 10, signal);
    assert.deepEqual((await list()).items, ['v1']);
    accepted[0] = 'token-2';
    assert.deepEqual((await list()).items, ['v1']);
    accepted[0] = 'none';
    await assert.rejects(list(), (error) => isCoreError(error, 'unauthorized'));
  });

  it('knows nothing for another registry', async () => {
    await using ecr = await startEcrContract({ keys });
    const store = createStore(ecr.server.origin);
    assert.equal(await store.get({ key: 'registry.example:5000' }, signal), undefined);
    assert.equal(ecr.calls().length, 0);
  });

  it('renews the token five minutes before it ends', async () => {
    let minutes = 4;
    await using ecr = await startEcrContract({ keys, tokenSeconds: () => minutes * MINUTE });
    const store = createStore(ecr.server.origin);
    const passwords: string[] = [];
    for (minutes of [4, 6, 6]) {
      const credential = await store.get({ key: 'registry.example' }, signal);
      if (credential?.kind === 'basic') passwords.push(credential.password);
    }
    assert.deepEqual(passwords, ['token-1', 'token-2', 'token-2']);
  });

  it('gives the registry a new token when the old one is about to end, with no refusal between', async () => {
    let minutes = 4;
    await using ecr = await startEcrContract({ keys, tokenSeconds: () => minutes * MINUTE });
    await using registry = await FaultServer.start();
    const catalog = json({ repositories: [] });
    registry.on('GET /v2/_catalog', challenge('Basic realm="ecr"'), catalog);
    const store = createStore(ecr.server.origin, { host: registry.host });
    const transport = createTransport(registry.origin, store);
    const client = new RegistryClient(createEndpoint(registry.origin, 'api'), transport, nullLogger);
    await client.listRepositories(undefined, 10, signal);
    minutes = 60;
    await client.listRepositories(undefined, 10, signal);
    await client.listRepositories(undefined, 10, signal);
    await transport.dispose();
    const sent = registry.requests.map(({ headers }) =>
      Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString(),
    );
    // The first token was as good as over from the start.
    assert.equal(sent[0], '');
    assert.equal(sent.at(-1), sent.at(-2));
    assert.notEqual(sent.at(-1), sent[1]);
    assert.equal(registry.requests.length, 4);
  });

  it('has a token of its own for ECR Public, always of us-east-1', async () => {
    await using ecr = await startEcrContract({ keys });
    const store = createStore(ecr.server.origin, { host: 'public.ecr.aws' });
    const credential = await store.get({ key: 'public.ecr.aws' }, signal);
    assert.equal(credential?.kind === 'basic' && credential.password, 'token-1');
    assert.match(String(ecr.server.requests[0]?.headers['x-amz-target']), /^SpencerFrontendService\./);
  });

  it('names profile and permission where AWS gives none', async () => {
    await using ecr = await startEcrContract({ keys: { AKIAWORK: ['GetAuthorizationToken'] } });
    const refusal = (profile: string) =>
      createStore(ecr.server.origin, { profile })
        .get({ key: 'registry.example' }, signal)
        .then(
          () => undefined,
          (error: unknown) => (isCoreError(error) ? [error.details.reason, error.details.missing] : error),
        );
    assert.deepEqual(await refusal('work'), ['missingPermission', 'ecr:GetAuthorizationToken']);
    assert.deepEqual(await refusal(''), ['awsCredentialsRefused', 'default']);
    assert.deepEqual(await refusal('nobody'), ['profileMissing', 'nobody']);
  });

  it('finds keys in the environment, as the AWS CLI does', async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'canary-env-secret' });
    await using ecr = await startEcrContract({ keys: { AKIAENV: [] } });
    assert.ok(await createStore(ecr.server.origin).get({ key: 'registry.example' }, signal));
  });

  it('takes the token that moto gives', async () => {
    await using moto = await startMoto();
    const credential = await createStore(moto.url).get({ key: 'registry.example' }, signal);
    assert.equal(credential?.kind === 'basic' && credential.username, 'AWS');
  });
});
