/** registries.conf on the machine: what it blocks is left alone, its mirrors are told, and importing keeps every choice the person's. */
import * as assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionImport } from '../../src/commands/connections/ConnectionImport.ts';
import { CoreError, isCoreError } from '../../src/core/common/CoreError.ts';
import { nullLogger } from '../../src/core/common/Logger.ts';
import type { FoundRegistry } from '../../src/core/credentials/foundRegistries.ts';
import { createEndpoint } from '../../src/core/registry/parseRegistryUrl.ts';
import type { Discovery } from '../../src/core/registry/discoverEndpoint.ts';
import { openBareTransport } from '../../src/platform/openBareTransport.ts';
import type { RegistrySessions } from '../../src/platform/RegistrySessions.ts';
import { json } from '../support/faultServer/behaviours.ts';
import { FaultServer } from '../support/faultServer/FaultServer.ts';
import { anonymous, TreeFixture, textOf } from './TreeFixture.ts';

describe('registries.conf', () => {
  let folder: string;
  const previous = process.env['CONTAINERS_REGISTRIES_CONF'];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-conf-'));
    process.env['CONTAINERS_REGISTRIES_CONF'] = join(folder, 'registries.conf');
  });
  after(async () => {
    if (previous === undefined) delete process.env['CONTAINERS_REGISTRIES_CONF'];
    else process.env['CONTAINERS_REGISTRIES_CONF'] = previous;
    await rm(folder, { recursive: true, force: true });
  });
  const say = (toml: string) => writeFile(join(folder, 'registries.conf'), toml);

  const registry = async () => {
    const server = await FaultServer.start();
    server.on('/v2/', json({})).on('/v2/_catalog', json({ repositories: ['app'] }));
    return server;
  };

  it('keeps a blocked registry from being asked anything until that is chosen for the connection', async () => {
    await using server = await registry();
    await say(`[[registry]]\nlocation = "${server.host}"\nblocked = true\n`);
    await using fixture = await TreeFixture.open({ name: 'R', ...anonymous(server.origin) });
    const node = await fixture.find('R');
    assert.deepEqual(await fixture.labels(node), ['Blocked on this machine']);
    assert.equal(server.requests.length, 0);
    await fixture.settings.update('connectionId' in node ? node.connectionId : '', { allowBlocked: true });
    assert.deepEqual(await fixture.labels(await fixture.find('R')), ['app']);
  });

  it('keeps what is asked besides a connection from a blocked host, too', async () => {
    await using server = await registry();
    await say(`[[registry]]\nlocation = "${server.host}"\nblocked = true\n`);
    const ask = async (allowBlocked: boolean) => {
      const transport = openBareTransport(server.origin, nullLogger, allowBlocked);
      try {
        const { signal } = new AbortController();
        const request = { method: 'GET', path: '/v2/', operation: 'look', scopes: [], signal } as const;
        return (await transport.request(request)).status;
      } catch (error) {
        return isCoreError(error, 'forbidden') ? error.details.reason : error;
      } finally {
        await transport.dispose();
      }
    };
    assert.equal(await ask(false), 'blockedByConfiguration');
    assert.equal(server.requests.length, 0);
    assert.equal(await ask(true), 200);
  });

  it('goes on where it cannot be read', async () => {
    await using server = await registry();
    await say('[[registry]\n');
    await using fixture = await TreeFixture.open({ name: 'R', ...anonymous(server.origin) });
    assert.deepEqual(await fixture.labels(await fixture.find('R')), ['app']);
  });

  it('tells in the tooltip where pulls may come from', async () => {
    await say(
      '[[registry]]\nlocation = "r.io"\n[[registry.mirror]]\nlocation = "m.io/r"\npull-from-mirror = "digest-only"\n',
    );
    await using fixture = await TreeFixture.open({ name: 'R', ...anonymous('https://r.io') });
    const node = await fixture.find('R');
    const item = await fixture.tree.resolveTreeItem(fixture.tree.getTreeItem(node), node);
    assert.equal(
      textOf(item.tooltip),
      'https://r.io\nShown from the registry itself; pulls may come from m.io/r (digests only)',
    );
  });
});

describe('Importing what was found', () => {
  const found = (address: string, more: Partial<FoundRegistry> = {}): FoundRegistry => ({
    address,
    evidence: [{ kind: 'signIn', source: 'docker' }],
    mirrors: [],
    ...more,
  });
  const insecure = { insecureIn: '/etc/containers/registries.conf' };
  const http: Discovery = {
    kind: 'needsInsecureConsent',
    endpoint: createEndpoint('http://lab.example:5000', 'namespace'),
    pathStyle: 'namespace',
    asksForSignIn: false,
    tokenRealm: 'https://gitlab.example/jwt/auth',
    headers: {},
  };
  const https: Discovery = { ...http, kind: 'endpoint', endpoint: createEndpoint('lab.example:5000', 'api') };
  const unknownCertificate = new CoreError('tls', 'x', { reason: 'selfSigned', fingerprint256: 'AB:CD' });
  const refused = new CoreError('connectionRefused', 'x');

  /** Registries that answer one after the other, and the questions that were put. */
  const importFrom = (answers: readonly (Discovery | CoreError)[], yes: boolean) => {
    const questions: string[] = [];
    const trusts: unknown[] = [];
    const rest = [...answers];
    const sessions: Pick<RegistrySessions, 'discover' | 'create'> = {
      discover: async (_address, trust) => {
        trusts.push(trust);
        const answer = rest.shift();
        if (answer === undefined || answer instanceof CoreError) throw answer ?? refused;
        return answer;
      },
      create: () => Promise.reject(new Error('the kind is known already')),
    };
    const ask = (what: string) => {
      questions.push(what);
      return Promise.resolve(yes);
    };
    const work = new ConnectionImport(
      sessions,
      { confirmHttp: (host) => ask(`http ${host}`), confirmCertificate: (_error, print) => ask(print) },
      new AbortController().signal,
    );
    const settings = async (...registries: FoundRegistry[]) =>
      (await work.prepare(registries, () => undefined)).map((each) => each?.setting);
    return { settings, questions, trusts };
  };

  it('asks before http, whatever the configuration says, and leaves out what is declined', async () => {
    const declined = importFrom([http], false);
    assert.deepEqual(await declined.settings(found('lab.example:5000', insecure)), [undefined]);
    assert.deepEqual(declined.questions, ['http lab.example:5000']);
    const agreed = importFrom([http], true);
    assert.deepEqual(await agreed.settings(found('lab.example:5000')), [
      { url: 'http://lab.example:5000', auth: 'docker', allowInsecureHttp: true, provider: 'gitlab' },
    ]);
  });

  it('asks about a certificate where the registry is marked insecure, and pins that one', async () => {
    const agreed = importFrom([unknownCertificate, https], true);
    const setting = { url: 'https://lab.example:5000', auth: 'docker' };
    assert.deepEqual(await agreed.settings(found('lab.example:5000', insecure)), [
      { ...setting, provider: 'gitlab', trustedFingerprint256: 'AB:CD' },
    ]);
    assert.deepEqual(agreed.trusts, [{}, { pinnedFingerprint256: 'AB:CD' }]);
    const declined = importFrom([unknownCertificate], false);
    assert.deepEqual(await declined.settings(found('lab.example:5000', insecure)), [setting]);
    const notMarked = importFrom([unknownCertificate], true);
    assert.deepEqual(await notMarked.settings(found('lab.example:5000')), [setting]);
    assert.deepEqual(notMarked.questions, []);
  });

  it('takes what does not answer as https, and asks nothing of kinds that the address tells', async () => {
    const work = importFrom([refused, refused, refused], true);
    assert.deepEqual(
      await work.settings(
        found('docker.io'),
        found('ghcr.io'),
        found('gone.example', insecure),
        found('localhost:5000', insecure),
        found('localhost:5001'),
      ),
      [
        { name: 'Docker Hub', url: 'https://docker.io', provider: 'dockerHub', auth: 'docker' },
        { url: 'https://ghcr.io', auth: 'docker' },
        { url: 'https://gone.example', auth: 'docker' },
        { url: 'http://localhost:5000', auth: 'docker' },
        { url: 'https://localhost:5001', auth: 'docker' },
      ],
    );
    assert.equal(work.trusts.length, 3);
    assert.deepEqual(work.questions, []);
  });
});
