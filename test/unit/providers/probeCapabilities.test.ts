/** The capability probe against real registries, a token server and one that counts what it is asked. */
import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { OciProvider } from '../../../src/core/providers/OciProvider.ts';
import { probeMount, probeRegistry, probeRepository } from '../../../src/core/providers/probeCapabilities.ts';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import type { CapabilityFinding, CapabilityName } from '../../../src/core/registry/capability.ts';
import { json, reply, reset, stall } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { forward } from '../../support/forward.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { startTokenRegistry } from '../../support/tokenRegistry.ts';

type Findings = Partial<Record<CapabilityName, CapabilityFinding>>;

async function findAll(provider: RegistryProvider, signal = new AbortController().signal): Promise<Findings> {
  const findings: Findings = {};
  const keep = (finding: CapabilityFinding): void => void (findings[finding.name] = finding);
  await probeRegistry(provider, keep, signal);
  await probeRepository(provider, 'team/app', keep, signal);
  return findings;
}

/** `yes`, `no: reason`, `unknown: reason`. */
function answersOf(findings: Findings): Record<string, string> {
  return Object.fromEntries(
    Object.values(findings).map(({ name, answer, reason }) => [
      name,
      reason ? `${answer}: ${reason}` : answer,
    ]),
  );
}

const FOUND_EVERYWHERE = {
  publicSearch: 'no: notOffered',
  listedDetails: 'no: notOffered',
  range: 'yes',
  mount: 'unknown: askFirst',
};

describe('The capability probe', () => {
  const registries = [
    {
      name: 'Distribution 2.8',
      start: () => startDistribution(),
      expected: {
        catalog: 'yes',
        tagPages: 'no: notOffered',
        deleteByDigest: 'yes',
        deleteByTag: 'no: dummyManifest',
        referrers: 'no: notOffered',
      },
    },
    {
      name: 'Distribution 2.8 with deletion disabled',
      start: () => startDistribution({ deleteEnabled: false }),
      expected: {
        catalog: 'yes',
        tagPages: 'no: notOffered',
        deleteByDigest: 'no: deleteDisabled',
        deleteByTag: 'no: deleteDisabled',
        referrers: 'no: notOffered',
      },
    },
    {
      name: 'Distribution 3',
      start: () => startDistribution({ version: 3 }),
      expected: {
        catalog: 'yes',
        tagPages: 'yes',
        deleteByDigest: 'yes',
        deleteByTag: 'yes',
        referrers: 'no: notOffered',
      },
    },
    {
      name: 'Distribution 3 with deletion disabled',
      start: () => startDistribution({ version: 3, deleteEnabled: false }),
      expected: {
        catalog: 'yes',
        tagPages: 'yes',
        deleteByDigest: 'no: deleteDisabled',
        deleteByTag: 'no: deleteDisabled',
        referrers: 'no: notOffered',
      },
    },
    {
      name: 'olareg',
      start: () => startOlareg(),
      expected: {
        catalog: 'no: notOffered',
        tagPages: 'yes',
        deleteByDigest: 'yes',
        deleteByTag: 'yes',
        referrers: 'yes',
      },
    },
    {
      name: 'olareg without deletion and referrers',
      start: () => startOlareg({ deleteEnabled: false, referrersEnabled: false }),
      expected: {
        catalog: 'no: notOffered',
        tagPages: 'yes',
        deleteByDigest: 'no: deleteDisabled',
        deleteByTag: 'no: deleteDisabled',
        referrers: 'no: notOffered',
      },
    },
  ];
  for (const { name, start, expected } of registries) {
    it(`finds what ${name} can do, and leaves it as it was`, async () => {
      await using server = await start();
      await using connection = new TestConnection(server.url);
      const { client, signal } = connection;
      const image = sampleImage();
      await pushSample(client, 'team/app', image, 'v1', 'v2');
      const provider = new OciProvider(client);
      assert.deepEqual(answersOf(await findAll(provider)), { ...FOUND_EVERYWHERE, ...expected });
      let mount: CapabilityFinding | undefined;
      await probeMount(provider, 'team/app', (finding) => (mount = finding), signal);
      assert.equal(mount?.answer, 'yes');
      assert.deepEqual((await client.listTags('team/app', undefined, 10, signal)).items, ['v1', 'v2']);
      assert.equal((await client.headManifest('team/app', 'v1', signal))?.digest, image.digest);
      for (const blob of image.blobs) assert.ok(blob.length > 0);
    });
  }

  it('asks for no right to push, and only for what is not there when it deletes', async () => {
    await using upstream = await startDistribution();
    await using token = await startTokenRegistry({ upstream: upstream.url });
    await using connection = new TestConnection(token.server.origin);
    await pushSample(connection.client, 'team/app', sampleImage(), 'v1');
    const [before, tokensBefore] = [token.server.requests.length, token.tokenRequests().length];
    await findAll(new OciProvider(connection.client));
    const requests = token.server.requests.slice(before);
    assert.ok(
      requests.every(({ method }) => method === 'GET' || method === 'DELETE'),
      'a probe writes',
    );
    for (const { url } of requests.filter(({ method }) => method === 'DELETE')) {
      assert.match(url, /\/manifests\/(?:sha256:[0-9a-f]{64}|berth-probe-[0-9a-f]{32})$/);
    }
    for (const { url } of token.tokenRequests().slice(tokensBefore)) assert.doesNotMatch(url, /push/);
  });

  it('names the scope that a token has not, and tells it from nobody being signed in', async () => {
    await using upstream = await startDistribution();
    await using server = await FaultServer.start();
    const pass = forward(upstream.url);
    server.on('GET /token', (exchange) => {
      const isKnown = exchange.request.headers.authorization !== undefined;
      const scopes = new URL(exchange.request.url, server.origin).searchParams.getAll('scope').join(' ');
      // The account may read, and nothing else.
      return json({ token: isKnown && /:pull$/.test(scopes) ? 'reader' : 'nothing' })(exchange);
    });
    server.on('/v2/*', (exchange) => {
      const isAllowed =
        exchange.request.headers.authorization === 'Bearer reader' && exchange.request.method === 'GET';
      if (isAllowed) return pass(exchange);
      return reply(401, '{"errors":[{"code":"UNAUTHORIZED"}]}', {
        'content-type': 'application/json',
        'www-authenticate': `Bearer realm="${server.origin}/token",service="test"`,
      })(exchange);
    });
    await using owner = new TestConnection(upstream.url);
    await pushSample(owner.client, 'team/app', sampleImage(), 'v1');

    await using nobody = new TestConnection(server.origin);
    const signedOut = await findAll(new OciProvider(nobody.client));
    assert.equal(signedOut.catalog?.reason, 'signInNeeded');

    await using reader = new TestConnection(server.origin, {
      credential: { kind: 'basic', username: 'ada', password: 'correct-horse' },
    });
    const findings = await findAll(new OciProvider(reader.client));
    assert.equal(findings.range?.answer, 'yes');
    assert.deepEqual(
      [findings.deleteByDigest?.reason, findings.deleteByDigest?.missing],
      ['notAllowed', 'repository:team/app:delete'],
    );
    assert.deepEqual(
      [findings.catalog?.reason, findings.catalog?.missing],
      ['notAllowed', 'registry:catalog:*'],
    );
  });

  it('tells by which request and reply it knows', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    server.on('DELETE /v2/team/app/manifests/*', reply(405));
    const { source } = await connection.client.probes.deleteByDigest('team/app', connection.signal);
    assert.ok(source?.kind === 'reply');
    assert.match(source.request, /^DELETE \/v2\/team\/app\/manifests\/sha256:[0-9a-f]{64}$/);
    assert.equal(source.status, 405);
  });

  it('takes a refused page, a web page and an ignored Range for what they are', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    const { probes } = connection.client;
    const { signal } = connection;
    const digest = sampleImage().digest;
    server.on('GET /v2/_catalog', reply(200, '<html>', { 'content-type': 'text/html' }));
    server.on(`GET /v2/team/app/referrers/${digest}`, reply(200, '<html>', { 'content-type': 'text/html' }));
    server.on(`GET /v2/team/app/blobs/${digest}`, reply(200, 'everything'));
    const answers = await Promise.all([
      probes.catalog(signal),
      probes.referrers('team/app', digest, signal),
      probes.range('team/app', digest, signal),
    ]);
    assert.deepEqual(
      answers.map(({ answer, reason }) => `${answer}: ${reason}`),
      ['no: notOffered', 'no: notOffered', 'no: rangeIgnored'],
    );
  });

  it('leaves a question open that the registry could not be asked, and answers the others', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    server.on('/v2/*', json({ repositories: [], tags: [] }));
    server.on('DELETE /v2/*', reset);
    const findings = await findAll(new OciProvider(connection.client));
    assert.equal(findings.catalog?.answer, 'yes');
    assert.equal(findings.range?.reason, 'nothingToTry');
    assert.equal(findings.deleteByDigest?.answer, 'unknown');
    assert.ok(isCoreError(findings.deleteByDigest.error, 'connectionReset'));
  });

  it('spends no pull where pulls are counted', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    server.on('/v2/*', json({ tags: ['v1'] }));
    const provider: RegistryProvider = Object.assign(new OciProvider(connection.client), {
      readPullLimit: () => Promise.resolve(undefined),
    });
    const findings = await findAll(provider);
    assert.deepEqual(findings.range?.source, { kind: 'provider' });
    const gets = server.requests.filter(({ method, url }) => method === 'GET' && url.includes('/manifests/'));
    assert.deepEqual(gets, []);
  });

  it('stops when it is cancelled', async () => {
    await using server = await FaultServer.start();
    await using connection = new TestConnection(server.origin);
    server.on('/v2/*', stall);
    const controller = new AbortController();
    const found: CapabilityFinding[] = [];
    const probing = probeRepository(
      new OciProvider(connection.client),
      'team/app',
      (finding) => found.push(finding),
      controller.signal,
    );
    controller.abort();
    await assert.rejects(probing, (error) => isCoreError(error, 'cancelled'));
    assert.deepEqual(
      found.map(({ name }) => name),
      ['mount'],
    );
  });
});
