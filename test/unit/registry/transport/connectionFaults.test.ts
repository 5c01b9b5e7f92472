import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { raw, json, reply, reset, stall } from '../../../support/faultServer/behaviours.ts';
import {
  createFaultCertificates,
  type FaultCertificates,
} from '../../../support/faultServer/certificates.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import { startBlackHole } from '../../../support/faultServer/startBlackHole.ts';
import { CANARY, TransportHarness } from '../../../support/faultServer/TransportHarness.ts';

const TAGS = '/v2/library/app/tags/list';

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('Transport, connection faults', () => {
  it('row 1: a host that does not resolve is hostNotFound and names the host', async () => {
    await using harness = new TransportHarness(undefined, {
      host: 'no-such-registry.invalid',
      scheme: 'http',
    });
    const error = await harness.fails('hostNotFound', harness.request(TAGS));
    assert.equal(error.details.host, 'no-such-registry.invalid');
    assert.equal(error.details.operation, 'list tags');
    assert.equal(error.details.subject, 'library/app');
  });

  it('row 2: a refused connection is tried once more, then says nothing listens there', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    await using harness = new TransportHarness(undefined, { host, scheme: 'http' });
    const error = await harness.fails('connectionRefused', harness.request(TAGS));
    assert.equal(error.details.host, host);
    assert.equal(harness.logs.filter((line) => line.includes('connectionRefused')).length, 2);
  });

  it('row 3: a port that swallows connections is given up after the connect deadline', async () => {
    await using hole = await startBlackHole();
    const limits = { connectTimeoutMs: 100 };
    await using harness = new TransportHarness(undefined, { host: hole.host, scheme: 'http', limits });
    await harness.fails('connectTimeout', harness.request(TAGS));
  });

  it('row 3: a TLS handshake that never ends is given up after the connect deadline', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    const sockets: { destroy(): void }[] = [];
    silent.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
    await once(silent, 'listening');
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      const limits = { connectTimeoutMs: 100 };
      await using harness = new TransportHarness(undefined, { host, scheme: 'https', limits });
      await harness.fails('connectTimeout', harness.request(TAGS));
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('row 4: a reset before the headers is retried for GET and HEAD', async () => {
    await using server = await FaultServer.start();
    server.on(`GET ${TAGS}`, reset, json({ tags: ['a'] })).on(`HEAD ${TAGS}`, reset, reply(200));
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(TAGS)).text, '{"tags":["a"]}');
    assert.equal((await harness.get(TAGS, { method: 'HEAD' })).status, 200);
    assert.equal(server.requests.length, 4);
  });

  it('row 4: resets without end stop after three requests', async () => {
    await using server = await FaultServer.start();
    server.on(TAGS, reset);
    await using harness = new TransportHarness(server);
    await harness.fails('connectionReset', harness.request(TAGS));
    assert.equal(server.requests.length, 3);
  });

  it('row 4: a reset PUT is not sent again unless it is said to be idempotent', async () => {
    await using server = await FaultServer.start();
    server.on('/v2/a/manifests/t', reset);
    await using harness = new TransportHarness(server);
    const put = { method: 'PUT', body: Buffer.from('x') } as const;
    await harness.fails('connectionReset', harness.request('/v2/a/manifests/t', put));
    assert.equal(server.requests.length, 1);
    await harness.fails(
      'connectionReset',
      harness.request('/v2/a/manifests/t', { ...put, idempotent: true }),
    );
    assert.equal(server.requests.length, 4);
  });

  it('keeps one connection for requests that follow each other, HEAD among them', async () => {
    await using server = await FaultServer.start();
    server.on(`GET ${TAGS}`, json({ tags: [] }));
    server.on(`HEAD ${TAGS}`, reply(200));
    await using harness = new TransportHarness(server);
    for (let round = 0; round < 5; round++) {
      for (const method of ['HEAD', 'GET'] as const) {
        const response = await harness.request(TAGS, { method });
        await response.bytes(1024);
      }
    }
    assert.ok(server.connectionsSeen <= 2, `${server.connectionsSeen} connections for 10 requests`);
  });

  it('row 5: a kept connection that the server has dropped is replaced in silence', async () => {
    await using server = await FaultServer.start();
    server.on(TAGS, json({ tags: [] }), reset, json({ tags: ['b'] }));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    assert.equal((await harness.get(TAGS)).text, '{"tags":["b"]}');
    assert.equal(server.connectionsSeen, 2);
  });

  it('row 13: headers that do not come are given up after their deadline', async () => {
    await using server = await FaultServer.start();
    server.on(TAGS, stall);
    await using harness = new TransportHarness(server, { limits: { headersTimeoutMs: 50 } });
    const error = await harness.fails('timeout', harness.request(TAGS));
    assert.equal(error.details.host, server.host);
    assert.equal(server.requests.length, 1);
  });

  it('row 15: headers over 16 KiB are a clear protocol error', async () => {
    await using server = await FaultServer.start();
    server.on(TAGS, raw(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('protocol', harness.request(TAGS));
    assert.equal(error.details.reason, 'headersTooLarge');
  });

  it('row 16: an answer that is not HTTP is a protocol error', async () => {
    await using server = await FaultServer.start();
    server.on(TAGS, raw('SSH-2.0-OpenSSH_9.2\r\n'));
    await using harness = new TransportHarness(server);
    await harness.fails('protocol', harness.request(TAGS));
    assert.equal(server.requests.length, 1);
  });
});

describe('Transport, TLS', () => {
  let certificates: FaultCertificates;
  before(async () => {
    certificates = await createFaultCertificates();
  });

  async function refusal(name: 'good' | 'expired' | 'wrongName' | 'selfSigned', trustsCa: boolean) {
    await using server = await FaultServer.start({ tls: certificates[name] });
    server.on(TAGS, json({}));
    const tls = trustsCa ? { additionalCaPem: [certificates.caPem] } : {};
    await using harness = new TransportHarness(server, { tls });
    const error = await harness.fails('tls', harness.request(TAGS));
    assert.equal(error.details.fingerprint256, certificates[name].fingerprint256);
    assert.equal(error.details.host, server.host);
    assert.equal(server.requests.length, 0, 'nothing may be sent before the certificate is accepted');
    return error.details.reason;
  }

  it('row 50: an unknown authority is named, with the fingerprint of what was shown', async () => {
    assert.equal(await refusal('good', false), 'unknownAuthority');
  });
  it('row 50: a self-signed certificate is named', async () => {
    assert.equal(await refusal('selfSigned', false), 'selfSigned');
  });
  it('row 50: an expired certificate is named', async () => {
    assert.equal(await refusal('expired', true), 'expired');
  });
  it('row 50: a certificate for another name is named', async () => {
    assert.equal(await refusal('wrongName', true), 'nameMismatch');
  });

  it('row 50: TLS spoken to a plain http port is a tls error', async () => {
    await using server = await FaultServer.start();
    await using harness = new TransportHarness(server, { scheme: 'https' });
    await harness.fails('tls', harness.request(TAGS));
  });

  it('accepts a certificate of an additional authority', async () => {
    await using server = await FaultServer.start({ tls: certificates.good });
    server.on(TAGS, json({ tags: ['a'] }));
    await using harness = new TransportHarness(server, { tls: { additionalCaPem: [certificates.caPem] } });
    assert.equal((await harness.get(TAGS)).status, 200);
  });

  it('accepts exactly the pinned certificate, whoever signed it', async () => {
    await using server = await FaultServer.start({ tls: certificates.selfSigned });
    server.on(TAGS, json({}));
    const pinnedFingerprint256 = certificates.selfSigned.fingerprint256;
    await using harness = new TransportHarness(server, { tls: { pinnedFingerprint256 } });
    assert.equal((await harness.get(TAGS)).status, 200);
  });

  it('refuses any other certificate than the pinned one before a byte is sent, even a trusted one', async () => {
    await using server = await FaultServer.start({ tls: certificates.good });
    server.on(TAGS, json({}));
    const tls = {
      additionalCaPem: [certificates.caPem],
      pinnedFingerprint256: certificates.selfSigned.fingerprint256,
    };
    await using harness = new TransportHarness(server, { tls });
    const error = await harness.fails('tls', harness.request(TAGS));
    assert.equal(error.details.reason, 'pinMismatch');
    assert.equal(server.requests.length, 0);
  });

  it('holds other hosts to the ordinary rules when the registry is pinned', async () => {
    await using storage = await FaultServer.start({ tls: certificates.selfSigned, address: '127.0.0.2' });
    await using server = await FaultServer.start({ tls: certificates.selfSigned });
    server.on(TAGS, reply(307, '', { location: `${storage.origin}/blob` }));
    const pinnedFingerprint256 = certificates.selfSigned.fingerprint256;
    await using harness = new TransportHarness(server, { tls: { pinnedFingerprint256 } });
    const error = await harness.fails('tls', harness.request(TAGS));
    assert.equal(error.details.host, storage.host);
    assert.equal(storage.requests.length, 0);
  });

  it('shows a client certificate to the registry', async () => {
    const tls = { ...certificates.good, ca: certificates.caPem, requestCert: true };
    await using server = await FaultServer.start({ tls });
    let shown: string | undefined;
    server.on(TAGS, (exchange) => {
      assert.ok(exchange.socket instanceof TLSSocket);
      shown = exchange.socket.getPeerX509Certificate()?.fingerprint256;
      return json({})(exchange);
    });
    const { cert, key } = certificates.client;
    const clientTls = {
      additionalCaPem: [certificates.caPem],
      clientCertificatePem: cert,
      clientKeyPem: key,
    };
    await using harness = new TransportHarness(server, { tls: clientTls });
    await harness.get(TAGS);
    assert.equal(shown, certificates.client.fingerprint256);
  });

  it('says so when a configured certificate cannot be read', async () => {
    await using server = await FaultServer.start({ tls: certificates.good });
    const tls = { clientCertificatePem: 'not a certificate', clientKeyPem: 'nor a key' };
    await using harness = new TransportHarness(server, { tls });
    const error = await harness.fails('tls', harness.request(TAGS));
    assert.equal(error.details.reason, 'badCertificateFile');
  });

  describe('through a proxy', () => {
    /** A CONNECT proxy that leads every tunnel to `target`. */
    function tunnelTo(
      proxy: FaultServer,
      target: FaultServer,
      seen: { authority: string; authorization?: string }[],
    ) {
      proxy.server.on('connect', (request, client) => {
        const authorization = request.headers['proxy-authorization'];
        seen.push({
          authority: request.url ?? '',
          ...(authorization === undefined ? {} : { authorization }),
        });
        const upstream = connect(target.port, '127.0.0.1', () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          upstream.pipe(client).pipe(upstream);
        });
        for (const socket of [upstream, client]) socket.on('error', () => undefined);
        client.on('close', () => upstream.destroy());
      });
    }

    it('tunnels https with CONNECT and the proxy’s own credentials', async () => {
      await using server = await FaultServer.start({ tls: certificates.good });
      server.on(TAGS, json({ tags: ['via'] }));
      await using proxy = await FaultServer.start();
      const seen: { authority: string; authorization?: string }[] = [];
      tunnelTo(proxy, server, seen);
      const options = {
        host: 'localhost.example:5000',
        scheme: 'https' as const,
        tls: { pinnedFingerprint256: certificates.good.fingerprint256 },
        proxy: { httpsProxy: `http://me:s3cret@${proxy.host}`, strictProxyTls: true },
      };
      await using harness = new TransportHarness(server, options);
      assert.equal((await harness.get(TAGS)).text, '{"tags":["via"]}');
      assert.deepEqual(seen, [
        {
          authority: 'localhost.example:5000',
          authorization: `Basic ${Buffer.from('me:s3cret').toString('base64')}`,
        },
      ]);
    });

    it('asks an http proxy for plain http URLs and keeps the registry’s name in Host', async () => {
      await using proxy = await FaultServer.start();
      proxy.on(`http://registry.example${TAGS}`, json({ tags: ['plain'] }));
      const options = {
        host: 'registry.example',
        scheme: 'http' as const,
        proxy: { httpProxy: proxy.host, strictProxyTls: true },
      };
      await using harness = new TransportHarness(undefined, options);
      assert.equal((await harness.get(TAGS)).text, '{"tags":["plain"]}');
      assert.equal(proxy.requests[0]?.headers.host, 'registry.example');
    });

    it('checks the certificate of an https proxy unless told not to', async () => {
      await using proxy = await FaultServer.start({ tls: certificates.selfSigned });
      const base = { host: 'registry.example', scheme: 'https' as const };
      await using strict = new TransportHarness(undefined, {
        ...base,
        proxy: { httpsProxy: proxy.origin, strictProxyTls: true },
      });
      const error = await strict.fails('proxy', strict.request(TAGS));
      assert.equal(error.details.otherHost, proxy.host);
      await using server = await FaultServer.start({ tls: certificates.good });
      server.on(TAGS, json({}));
      tunnelTo(proxy, server, []);
      await using lax = new TransportHarness(undefined, {
        ...base,
        tls: { pinnedFingerprint256: certificates.good.fingerprint256 },
        proxy: { httpsProxy: proxy.origin, strictProxyTls: false },
      });
      assert.equal((await lax.get(TAGS)).status, 200);
    });

    for (const scheme of ['http', 'https'] as const) {
      it(`row 51: 407 from the proxy names the proxy (${scheme})`, async () => {
        await using proxy = await FaultServer.start();
        proxy.on('*', reply(407));
        proxy.server.on('connect', (_request, client) => {
          client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
        });
        const url = `http://me:${CANARY}@${proxy.host}`;
        await using harness = new TransportHarness(undefined, {
          host: 'registry.example',
          scheme,
          proxy: { httpProxy: url, httpsProxy: url, strictProxyTls: true },
        });
        const error = await harness.fails('proxy', harness.request(TAGS));
        assert.equal(error.details.otherHost, proxy.host);
        assert.equal(error.details.status, 407);
        assert.equal(error.details.reason, 'proxyAuthentication');
      });
    }

    it('row 51: 502 for the tunnel names the proxy', async () => {
      await using proxy = await FaultServer.start();
      proxy.server.on('connect', (_request, client) => {
        client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
      await using harness = new TransportHarness(undefined, {
        host: 'registry.example',
        scheme: 'https',
        proxy: { httpsProxy: proxy.origin, strictProxyTls: true },
      });
      const error = await harness.fails('proxy', harness.request(TAGS));
      assert.equal(error.details.otherHost, proxy.host);
      assert.equal(error.details.status, 502);
      assert.equal(error.details.host, 'registry.example');
    });

    it('row 51: a proxy that nobody runs, or whose setting is no URL, is named', async () => {
      const proxyHost = `127.0.0.1:${await closedPort()}`;
      for (const [scheme, setting] of [
        ['https', proxyHost],
        ['http', proxyHost],
        ['https', 'socks5://127.0.0.1:1'],
      ] as const) {
        await using harness = new TransportHarness(undefined, {
          host: 'registry.example',
          scheme,
          proxy: { httpProxy: setting, httpsProxy: setting, strictProxyTls: true },
        });
        const error = await harness.fails('proxy', harness.request(TAGS));
        assert.equal(error.details.otherHost, setting.startsWith('socks') ? undefined : proxyHost);
      }
    });
  });
});
