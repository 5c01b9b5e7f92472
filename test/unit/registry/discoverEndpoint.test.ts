import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { discoverEndpoint } from '../../../src/core/registry/discoverEndpoint.ts';
import type { TlsOptions } from '../../../src/core/registry/RegistryEndpoint.ts';
import { challenge, json, redirect, reply } from '../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { createCertificates } from '../../support/servers/certificates.ts';
import type { TestCertificates } from '../../support/servers/certificates.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startNginx } from '../../support/servers/nginx.ts';
import { freePort } from '../../support/servers/startProcess.ts';

const REGISTRY = { 'docker-distribution-api-version': 'registry/2.0' };
const OPTIONS = {
  tls: {},
  proxy: { strictProxyTls: true },
  logger: nullLogger,
  userAgent: 'berth-test',
  limits: { retryBaseMs: 1 },
};
const BEARER = 'Bearer realm="https://auth.example/token",service="x"';

describe('discoverEndpoint', () => {
  let certificates: TestCertificates;
  let tls: { cert: string; key: string };
  let server: FaultServer;

  before(async () => {
    certificates = await createCertificates();
    const [cert, key] = await Promise.all(
      [certificates.certificateFile, certificates.keyFile].map((file) => readFile(file, 'utf8')),
    );
    tls = { cert: cert!, key: key! };
  });
  after(() => certificates[Symbol.asyncDispose]());
  beforeEach(async () => (server = await FaultServer.start()));
  afterEach(() => server[Symbol.asyncDispose]());

  const discover = (typed: string, options: TlsOptions = {}) =>
    discoverEndpoint(typed, { ...OPTIONS, tls: options }, new AbortController().signal);
  const is = (kind: ErrorKind) => (error: unknown) => isCoreError(error, kind);

  it('says that http is used where this machine speaks only http', async () => {
    server.on('/v2/', json({}, 200, REGISTRY));
    const { kind, endpoint, pathStyle, asksForSignIn } = await discover(server.host);
    assert.deepEqual(
      [kind, endpoint.scheme, endpoint.host, pathStyle, asksForSignIn],
      ['endpoint', 'http', server.host, 'namespace', false],
    );
  });

  it('asks before http on another machine, typed or found', async () => {
    // A name that is not loopback by its spelling and yet leads here.
    const host = `0.0.0.0:${server.port}`;
    server.on('/v2/', json({}, 200, REGISTRY));
    for (const typed of [host, `http://${host}`]) {
      const { kind, endpoint } = await discover(typed);
      assert.deepEqual([kind, endpoint.scheme], ['needsInsecureConsent', 'http'], typed);
    }
  });

  it('prefers https and trusts the given authority', async () => {
    await using secure = await FaultServer.start({ tls });
    secure.on('/v2/', json({}, 200, REGISTRY));
    const { kind, endpoint } = await discover(secure.host, { additionalCaPem: [certificates.caPem] });
    assert.deepEqual([kind, endpoint.scheme], ['endpoint', 'https']);
  });

  it('never turns to http because of a certificate, or where https answers as something else', async () => {
    await using secure = await FaultServer.start({ tls });
    let plainRequests = 0;
    secure.server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_SSL_HTTP_REQUEST') plainRequests += 1;
    });
    secure.on('/v2/', json({}, 200, REGISTRY));
    await assert.rejects(
      discover(secure.host),
      (error) => isCoreError(error, 'tls') && error.details.reason === 'unknownAuthority',
    );
    assert.equal(secure.requests.length, 0);
    secure.on('/v2/', reply(404));
    await assert.rejects(
      discover(secure.host, { additionalCaPem: [certificates.caPem] }),
      is('notARegistry'),
    );
    assert.equal(plainRequests, 0);
  });

  it('does not turn to http where https was typed', async () => {
    server.on('/v2/', json({}, 200, REGISTRY));
    await assert.rejects(discover(`https://${server.host}`));
    assert.equal(server.requests.length, 0);
  });

  it('follows a host from http to https', async () => {
    await using secure = await FaultServer.start({ tls });
    secure.on('/v2/', challenge(BEARER));
    // Ports 80 and 443 of a name, by way of a proxy.
    server.on('*', redirect('https://registry.example/v2/', 301));
    server.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      socket.pipe(connect(secure.port, '127.0.0.1')).pipe(socket);
    });
    const { kind, endpoint } = await discoverEndpoint(
      'http://registry.example',
      {
        ...OPTIONS,
        tls: { pinnedFingerprint256: new X509Certificate(tls.cert).fingerprint256 },
        proxy: { httpProxy: server.origin, httpsProxy: server.origin, strictProxyTls: true },
      },
      new AbortController().signal,
    );
    assert.deepEqual([kind, endpoint.scheme, endpoint.host], ['endpoint', 'https', 'registry.example']);
  });

  it('sends no credentials and asks for no token where a sign-in is wanted', async () => {
    server.on('/v2/', challenge(`Bearer realm="${server.origin}/token",service="x"`));
    const { asksForSignIn } = await discover(server.origin);
    assert.equal(asksForSignIn, true);
    assert.deepEqual(
      server.requests.map(({ url, headers }) => [url, headers.authorization]),
      [['/v2/', undefined]],
    );
  });

  it('takes the path for the place of the API where that answers, else for a namespace', async () => {
    server.on('/prefix/v2/', json({}, 200, REGISTRY));
    const api = await discover(`${server.origin}/prefix`);
    assert.deepEqual(
      [api.pathStyle, api.endpoint.apiPrefix, api.endpoint.namespacePrefix],
      ['api', 'prefix', ''],
    );

    server.on('/prefix/v2/', reply(404)).on('/v2/', challenge(BEARER));
    const namespace = await discover(`${server.origin}/prefix`);
    assert.deepEqual(
      [namespace.pathStyle, namespace.endpoint.apiPrefix, namespace.endpoint.namespacePrefix],
      ['namespace', '', 'prefix'],
    );
  });

  it('does not take the sign-in of a whole web site for an API below the path', async () => {
    server.on('*', challenge('Basic realm="site"')).on('/v2/', challenge(BEARER));
    assert.equal((await discover(`${server.origin}/owner`)).pathStyle, 'namespace');
    server.on('/v2/', reply(404));
    assert.equal((await discover(`${server.origin}/owner`)).pathStyle, 'api');
  });

  it('49: knows what is not a registry', async () => {
    const strangers = [
      reply(200, '<!doctype html><title>Wi-Fi</title>', { 'content-type': 'text/html' }),
      reply(200, 'It works!', { 'content-type': 'text/plain' }),
      reply(404),
      reply(403),
      reply(200, 'x'.repeat(100_000)),
    ];
    for (const stranger of strangers) {
      server.on('*', stranger);
      await assert.rejects(discover(`${server.origin}/some/path`), is('notARegistry'));
      await assert.rejects(discover(server.host), is('notARegistry'));
    }
  });

  it('says that nothing listens', async () => {
    await assert.rejects(discover(`127.0.0.1:${await freePort()}`), is('connectionRefused'));
  });

  it('refuses what cannot be an address', async () => {
    await assert.rejects(discover('https://user:secret@host.example'), is('invalidInput'));
  });

  it('finds real registries: open, with users, over TLS, under a prefix', async () => {
    await using open = await startDistribution();
    await using closed = await startDistribution({ htpasswd: { username: 'ada', password: 'x' } });
    await using secure = await startDistribution({ tls: certificates });
    await using nginx = await startNginx({
      upstream: open.url,
      pathPrefix: '/artifacts/docker',
      tls: certificates,
    });
    const trust = { additionalCaPem: [certificates.caPem] };
    const seen = async (typed: string) => {
      const { kind, endpoint, pathStyle, asksForSignIn } = await discover(typed, trust);
      return [kind, endpoint.scheme, endpoint.apiPrefix, pathStyle, asksForSignIn];
    };
    assert.deepEqual(await seen(open.host), ['endpoint', 'http', '', 'namespace', false]);
    assert.deepEqual(await seen(closed.host), ['endpoint', 'http', '', 'namespace', true]);
    assert.deepEqual(await seen(`${secure.host}/team`), ['endpoint', 'https', '', 'namespace', false]);
    assert.deepEqual(await seen(`${nginx.host}/artifacts/docker`), [
      'endpoint',
      'https',
      'artifacts/docker',
      'api',
      false,
    ]);
    await assert.rejects(seen(nginx.host), is('notARegistry'));
  });
});
