/** Where secrets go and by which way requests leave: credentials bound to their origin, VS Code's proxy settings. */
import * as assert from 'node:assert/strict';
import { createServer, request as forwardTo, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import * as vscode from 'vscode';
import { isCoreError } from '../../src/core/common/CoreError.ts';
import { SecretCredentials } from '../../src/platform/SecretCredentials.ts';
import { wordError } from '../../src/platform/wordError.ts';
import { json } from '../support/faultServer/behaviours.ts';
import { FaultServer } from '../support/faultServer/FaultServer.ts';
import { MemorySecrets } from './MemorySecrets.ts';
import { anonymous, TreeFixture } from './TreeFixture.ts';

describe('The passphrase of a client key', () => {
  const owner = { url: 'https://registry.example/team', clientCertFile: '~/c.pem', clientKeyFile: '~/c.key' };

  it('is given back for its key file and the origin it is shown to, and for nothing else', async () => {
    const storage = new MemorySecrets();
    const { keyPassphrases } = new SecretCredentials(storage);
    await keyPassphrases.store(owner, 'open sesame');
    assert.equal(await keyPassphrases.get({ ...owner, url: 'https://registry.example' }), 'open sesame');
    assert.equal(await keyPassphrases.get({ ...owner, url: 'https://evil.example/team' }), undefined);
    assert.equal(await keyPassphrases.get({ ...owner, url: 'https://registry.example:8443' }), undefined);
    assert.equal(await keyPassphrases.get({ ...owner, clientKeyFile: '~/other.key' }), undefined);
    await keyPassphrases.delete(owner);
    assert.deepEqual(await storage.keys(), []);
  });
});

describe('A secret of a connection', () => {
  const url = 'https://registry.example/team';

  it('is given back for the origin it was typed for, with its user or as a token', async () => {
    const secrets = new SecretCredentials(new MemorySecrets());
    await secrets.store('id', url, 'ann', 'pw');
    assert.deepEqual(await secrets.get('id', 'https://REGISTRY.example/other'), {
      kind: 'basic',
      username: 'ann',
      password: 'pw',
    });
    await secrets.store('id', url, undefined, 'token');
    assert.deepEqual(await secrets.get('id', url), { kind: 'bearer', token: 'token' });
  });

  for (const other of [
    'http://registry.example/team',
    'https://registry.example:8443/team',
    'https://registry.example.evil.example/team',
    'https://evil.example/team',
  ]) {
    it(`is not given to ${other}, although the connection has the same id`, async () => {
      const secrets = new SecretCredentials(new MemorySecrets());
      await secrets.store('id', url, 'ann', 'pw');
      assert.equal(await secrets.get('id', other), undefined);
    });
  }

  it('is not given to another connection, and is gone once deleted', async () => {
    const storage = new MemorySecrets();
    const secrets = new SecretCredentials(storage);
    await secrets.store('id', url, 'ann', 'pw');
    assert.equal(await secrets.get('other', url), undefined);
    await secrets.delete('id');
    assert.equal(await secrets.get('id', url), undefined);
    assert.deepEqual(await storage.keys(), []);
  });

  it('that does not parse counts as none', async () => {
    const storage = new MemorySecrets();
    await storage.store('berth.credential.id', '{"origin":1}');
    assert.equal(await new SecretCredentials(storage).get('id', url), undefined);
  });

  it('stays out of the settings, and off the wire where the connection was pointed elsewhere', async () => {
    await using home = await FaultServer.start();
    await using elsewhere = await FaultServer.start();
    const ask = (server: FaultServer) =>
      server.on('*', ({ response }) => {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      });
    ask(home);
    ask(elsewhere);
    await using fixture = await TreeFixture.open(
      { url: home.origin, name: 'Home', auth: 'password', username: 'ann' },
      { url: elsewhere.origin, name: 'Elsewhere', auth: 'password', username: 'ann' },
    );
    await fixture.secrets.store(`${home.origin}#ann`, home.origin, 'ann', 'canary-secret');
    // As if the settings file had been edited under the stored secret.
    await fixture.secrets.store(`${elsewhere.origin}#ann`, home.origin, 'ann', 'canary-secret');
    for (const root of await fixture.roots()) await fixture.tree.getChildren(root);
    const basic = `Basic ${Buffer.from('ann:canary-secret').toString('base64')}`;
    assert.ok(home.requests.some(({ headers }) => headers.authorization === basic));
    assert.ok(elsewhere.requests.length > 0);
    assert.ok(elsewhere.requests.every(({ headers }) => headers.authorization === undefined));
    const written = JSON.stringify(vscode.workspace.getConfiguration().get('berth.connections'));
    assert.equal(written.includes('canary'), false);
  });
});

describe("VS Code's proxy settings", () => {
  /** A name only the proxy can resolve. */
  const NAME = 'registry.berth.invalid';
  const repositories = { repositories: ['behind-the-proxy'] };
  let registry: FaultServer;
  let proxy: TinyProxy;

  async function configure(http: Readonly<Record<string, unknown>>): Promise<void> {
    for (const key of ['proxy', 'noProxy', 'proxySupport']) {
      await vscode.workspace
        .getConfiguration('http')
        .update(key, http[key], vscode.ConfigurationTarget.Global);
    }
  }

  async function list(fixture: TreeFixture) {
    const [root] = await fixture.roots();
    return fixture.tree.getChildren(root);
  }

  beforeEach(async () => {
    registry = await FaultServer.start();
    registry.on('/v2/', json({})).on('GET /v2/_catalog', json(repositories));
    proxy = await TinyProxy.start(registry.port);
  });
  afterEach(async () => {
    await configure({});
    await proxy[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  const connection = anonymous(`http://${NAME}`, { allowInsecureHttp: true });

  it('lead requests through the proxy', async () => {
    await configure({ proxy: proxy.url });
    await using fixture = await TreeFixture.open(connection);
    assert.deepEqual(
      (await list(fixture)).map((node) => fixture.label(node)),
      ['behind-the-proxy'],
    );
    assert.ok(proxy.targets.length > 0);
    assert.ok(proxy.targets.every((target) => target.includes(NAME)));
    assert.ok(registry.requests.every(({ headers }) => headers.host === NAME));
  });

  it('count at once, also for a connection that is open', async () => {
    await using fixture = await TreeFixture.open(connection);
    const [failed] = await list(fixture);
    assert.equal(failed?.kind, 'error');
    assert.deepEqual(proxy.targets, []);
    await configure({ proxy: proxy.url });
    assert.deepEqual(
      (await list(fixture)).map(({ kind }) => kind),
      ['repository'],
    );
  });

  for (const [what, settings] of [
    ['http.noProxy names the host', { noProxy: [NAME] }],
    ['http.proxySupport is off', { proxySupport: 'off' }],
  ] as const) {
    it(`are left aside where ${what}`, async () => {
      await configure({ proxy: proxy.url, ...settings });
      await using fixture = await TreeFixture.open(connection);
      const [failed] = await list(fixture);
      assert.equal(failed?.kind, 'error');
      assert.deepEqual(proxy.targets, []);
    });
  }

  it('are what an error names when the proxy wants a sign-in', async () => {
    proxy.refuseWith = 407;
    await configure({ proxy: proxy.url });
    await using fixture = await TreeFixture.open(connection);
    const [failed] = await list(fixture);
    assert.ok(failed?.kind === 'error' && isCoreError(failed.error, 'proxy'));
    const { message, action } = wordError(failed.error);
    assert.equal(action, 'openProxySettings');
    assert.ok(message.includes(new URL(proxy.url).host), message);
  });
});

/** A forward proxy that takes every host for the one registry it knows. */
class TinyProxy implements AsyncDisposable {
  /** What was asked of it: `host:port` of a CONNECT, or a whole URL. */
  readonly targets: string[] = [];
  refuseWith: number | undefined;
  readonly #server: Server;

  private constructor(registryPort: number) {
    this.#server = createServer((request, response) => {
      this.targets.push(request.url ?? '');
      if (this.refuseWith !== undefined) {
        response.writeHead(this.refuseWith).end();
        return;
      }
      const { pathname, search } = new URL(request.url ?? '/', 'http://origin');
      const onward = forwardTo(
        {
          host: '127.0.0.1',
          port: registryPort,
          method: request.method,
          path: pathname + search,
          headers: request.headers,
        },
        (reply) => {
          response.writeHead(reply.statusCode ?? 500, reply.headers);
          reply.pipe(response);
        },
      );
      request.pipe(onward);
    });
    this.#server.on('connect', (request, socket) => {
      this.targets.push(request.url ?? '');
      if (this.refuseWith !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\n\r\n`);
        return;
      }
      const upstream = connect(registryPort, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [upstream, socket]) end.on('error', () => undefined);
    });
  }

  static async start(registryPort: number): Promise<TinyProxy> {
    const proxy = new TinyProxy(registryPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
