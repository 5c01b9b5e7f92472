import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { ConnectionLimiter } from '../../../../src/core/registry/transport/ConnectionLimiter.ts';
import { json, redirect, reply } from '../../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import { CANARY, TransportHarness } from '../../../support/faultServer/TransportHarness.ts';

const TAGS = '/v2/library/app/tags/list';

describe('Transport, statuses', () => {
  let server: FaultServer;
  beforeEach(async () => {
    server = await FaultServer.start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it('row 20: 429 with seconds is waited for', async () => {
    server.on(TAGS, reply(429, '', { 'retry-after': '1' }), json({ tags: [] }));
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(TAGS)).status, 200);
    const [first, second] = server.requests;
    assert.ok(second!.atMs - first!.atMs >= 990, 'came back too early');
  });

  it('row 20: 429 is waited for even where the request is not idempotent, for it has done nothing', async () => {
    server.on('POST /v2/a/blobs/uploads/', reply(429), reply(202));
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get('/v2/a/blobs/uploads/', { method: 'POST' })).status, 202);
  });

  it('row 21: 429 that asks for more than the cap is shown at once, with the seconds', async () => {
    await using harness = new TransportHarness(server);
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    for (const [value, atLeast, atMost] of [
      ['61', 61, 61],
      ['1000000000', 86_400, 86_400],
      [date, 3590, 3601],
    ] as const) {
      server.on(TAGS, reply(429, '', { 'retry-after': value }));
      const sentBefore = server.requests.length;
      const error = await harness.fails('rateLimited', harness.request(TAGS));
      assert.equal(server.requests.length, sentBefore + 1);
      const seconds = error.details.retryAfterSeconds ?? 0;
      assert.ok(seconds >= atLeast && seconds <= atMost, `${value}: ${seconds}`);
    }
  });

  it('row 21: 429 with a date in the past, or garbage, is tried again soon', async () => {
    await using harness = new TransportHarness(server);
    for (const value of [new Date(0).toUTCString(), 'soon', '-5', '', '1e9']) {
      server.on(TAGS, reply(429, '', { 'retry-after': value }), json({}));
      assert.equal((await harness.get(TAGS)).status, 200, value);
    }
  });

  it('row 22: 429 without a header is backed off from, four requests in all', async () => {
    server.on(TAGS, reply(429, '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'));
    await using harness = new TransportHarness(server, { limits: { retryBaseMs: 10 } });
    const error = await harness.fails('rateLimited', harness.request(TAGS));
    assert.equal(error.details.code, 'TOOMANYREQUESTS');
    assert.equal(error.details.registryMessage, 'slow down');
    assert.equal(server.requests.length, 4);
    const gaps = server.requests.slice(1).map(({ atMs }, i) => atMs - server.requests[i]!.atMs);
    assert.ok(gaps[0]! >= 5 && gaps[1]! >= 10 && gaps[2]! >= 20, `not backed off: ${gaps.join(', ')}`);
  });

  for (const status of [500, 502, 503, 504]) {
    it(`row 23: ${status} is tried three times`, async () => {
      server.on(TAGS, reply(status), reply(status), json({ tags: [] }), reply(status));
      await using harness = new TransportHarness(server);
      assert.equal((await harness.get(TAGS)).status, 200);
      const error = await harness.fails('serverError', harness.request(TAGS));
      assert.equal(error.details.status, status);
      assert.equal(server.requests.length, 6);
    });
  }

  it('row 23: a write is not sent again after 500', async () => {
    server.on('/v2/a/manifests/t', reply(500));
    await using harness = new TransportHarness(server);
    const put = { method: 'PUT', body: Buffer.from('x') } as const;
    await harness.fails('serverError', harness.request('/v2/a/manifests/t', put));
    assert.equal(server.requests.length, 1);
  });

  it('never sends more than four requests, whatever mixture of trouble', async () => {
    server.on(TAGS, reply(429), reply(500), reply(429), reply(503), reply(429), reply(500));
    await using harness = new TransportHarness(server);
    await harness.fails('serverError', harness.request(TAGS));
    assert.equal(server.requests.length, 4);
  });

  for (const [row, status, kind] of [
    ['row 31', 403, 'forbidden'],
    ['row 31', 404, 'notFound'],
    ['row 32', 405, 'unsupported'],
  ] as const) {
    it(`${row}: ${status} on delete is ${kind}, with the registry’s code and message`, async () => {
      const body = { errors: [{ code: 'UNSUPPORTED', message: 'no \u001B[31mway\u202E', detail: {} }] };
      server.on('DELETE /v2/a/manifests/t', json(body, status));
      await using harness = new TransportHarness(server);
      const deletion = harness.request('/v2/a/manifests/t', {
        method: 'DELETE',
        operation: 'delete manifest',
      });
      const error = await harness.fails(kind, deletion);
      const { host, operation, subject, code, registryMessage } = error.details;
      assert.deepEqual(
        { host, operation, subject, status: error.details.status, code, registryMessage },
        {
          host: server.host,
          operation: 'delete manifest',
          subject: 'library/app',
          status,
          code: 'UNSUPPORTED',
          registryMessage: 'no way',
        },
      );
      assert.equal(server.requests.length, 1);
    });
  }

  it('returns a status that the caller accepts', async () => {
    server.on(TAGS, reply(404, 'x'));
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(TAGS, { accept: [404] })).status, 404);
  });

  it('quotes nothing of an HTML error page, and no more than 500 characters of a message', async () => {
    server.on(
      TAGS,
      reply(400, '<html><script>alert(1)</script>'),
      json({ errors: [{ message: 'm'.repeat(9000) }] }, 400),
    );
    await using harness = new TransportHarness(server);
    assert.equal((await harness.fails('protocol', harness.request(TAGS))).details.registryMessage, undefined);
    assert.equal(
      (await harness.fails('protocol', harness.request(TAGS))).details.registryMessage?.length,
      500,
    );
  });

  it('takes the password and the token out of a message that echoes them', async () => {
    server.on(TAGS, ({ request, response }) => {
      const authorization = request.headers.authorization ?? '';
      if (authorization === '') {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return;
      }
      response
        .writeHead(400)
        .end(JSON.stringify({ errors: [{ message: `bad: ${authorization} ${CANARY}` }] }));
    });
    await using harness = new TransportHarness(server);
    const error = await harness.fails('protocol', harness.request(TAGS));
    assert.equal(error.details.registryMessage, 'bad: Basic *** ***');
  });

  it('tells a warning of the registry once, stripped of control characters', async () => {
    const warning = '299 - "this \u0007registry \\"closes\\" soon"';
    server.on(TAGS, ({ response, socket }) => {
      response.detachSocket(socket);
      socket.write(
        `HTTP/1.1 200 OK\r\nWarning: ${warning.replace('\u0007', '\u0080')}\r\nWarning: 110 - "stale"\r\ncontent-length: 0\r\n\r\n`,
        'latin1',
      );
      socket.end();
    });
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    await harness.get(TAGS);
    assert.deepEqual(harness.warnings, ['this registry "closes" soon']);
  });

  it('refuses a path that the URL parser would turn into another', async () => {
    await using harness = new TransportHarness(server);
    for (const path of [
      '/v2/../../x',
      '/v2/a/./b',
      '/v2/a b',
      'v2/a',
      '//elsewhere/v2/',
      '/v2/%2e%2e/x',
      '/v2/x#y',
    ]) {
      await harness.fails('invalidInput', harness.request(path));
    }
    assert.equal(server.requests.length, 0);
  });

  it('puts the API prefix before the path and adds the query', async () => {
    await using harness = new TransportHarness(server);
    await harness.request('/v2/a/tags/list', {
      query: { n: 5, last: 'a/b&c', none: undefined },
      accept: [404],
    });
    assert.equal(server.requests[0]?.url, '/v2/a/tags/list?n=5&last=a%2Fb%26c');
  });

  describe('limits', () => {
    it('sends six requests at a time to one host, and everything in the end', async () => {
      let running = 0;
      let most = 0;
      const waiting: (() => void)[] = [];
      server.on('/v2/*', async ({ response }) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 6 || server.requests.length > 12) waiting.splice(0).forEach((go) => go());
        });
        running -= 1;
        response.end('{}');
      });
      await using harness = new TransportHarness(server);
      await Promise.all(Array.from({ length: 15 }, (_, i) => harness.get(`/v2/r${i}/tags/list`)));
      assert.equal(most, 6);
      assert.equal(server.connectionsSeen, 6);
    });

    it('holds 24 in all over several transports, and gives every slot back', async () => {
      const limiter = new ConnectionLimiter();
      const release: (() => void)[] = [];
      const addresses = ['127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6', '127.0.0.7'];
      const servers = await Promise.all(addresses.map((address) => FaultServer.start({ address })));
      const harnesses = servers.map((each) => new TransportHarness(each, { limiter }));
      try {
        for (const each of servers) {
          each.on('/v2/*', ({ response }) => void release.push(() => response.end('{}')));
          each.on('/v2/', reply(200, '{}'));
        }
        // Those that have not answered yet are outside the 24.
        for (const harness of harnesses) await harness.get('/v2/');
        await servers[0]!.until(() => limiter.activeCount === 0);
        const all = Promise.all(
          harnesses.flatMap((harness) =>
            Array.from({ length: 6 }, (_, i) => harness.get(`/v2/r${i}/tags/list`)),
          ),
        );
        await server.until(() => release.length === 24);
        assert.equal(limiter.activeCount, 24);
        const flush = setInterval(() => release.splice(0).forEach((go) => go()), 5);
        await all.finally(() => {
          clearInterval(flush);
        });
        await server.until(() => limiter.activeCount === 0);
      } finally {
        await Promise.all([...harnesses, ...servers].map((each) => each[Symbol.asyncDispose]()));
      }
    });

    it('gives the slot of a bodiless or failed reply back without anybody reading it', async () => {
      const limiter = new ConnectionLimiter();
      await using harness = new TransportHarness(server, { limiter });
      server.on('HEAD /v2/h', reply(200)).on('PUT /v2/p', reply(201)).on('/v2/e', reply(400, 'x'));
      server.on('/v2/away', redirect('/v2/h'));
      await harness.request('/v2/h', { method: 'HEAD' });
      await harness.request('/v2/away', { method: 'HEAD' });
      await harness.request('/v2/p', { method: 'PUT', body: Buffer.from('x') });
      await harness.fails('protocol', harness.request('/v2/e'));
      await server.until(() => limiter.activeCount === 0);
    });
  });

  describe('cancel', () => {
    it('leaves no socket and no slot after 1,000 parallel cancels', async () => {
      server.on('/v2/*', () => undefined);
      const limiter = new ConnectionLimiter();
      await using harness = new TransportHarness(server, { limiter });
      const controller = new AbortController();
      const all = Promise.allSettled(
        Array.from({ length: 1000 }, (_, i) =>
          harness.request(`/v2/r${i}/tags/list`, { signal: controller.signal }),
        ),
      );
      await server.until(() => server.requests.length === 6);
      controller.abort();
      const results = await all;
      await server.until(() => server.openConnections === 0);
      assert.equal(limiter.activeCount, 0);
      assert.equal(server.requests.length, 6);
      assert.ok(
        results.every((result) => result.status === 'rejected' && isCoreError(result.reason, 'cancelled')),
      );
    });

    it('ends the wait for a retry at once', async () => {
      server.on(TAGS, reply(429, '', { 'retry-after': '50' }));
      await using harness = new TransportHarness(server);
      const controller = new AbortController();
      const pending = harness.fails('cancelled', harness.request(TAGS, { signal: controller.signal }));
      await server.until(() => harness.logs.some((line) => line.includes(': 429 (')));
      controller.abort();
      await pending;
      assert.equal(server.requests.length, 1);
    });

    it('sends nothing for a signal that has aborted already', async () => {
      await using harness = new TransportHarness(server);
      await harness.fails('cancelled', harness.request(TAGS, { signal: AbortSignal.abort() }));
      assert.equal(server.connectionsSeen, 0);
    });

    it('dispose ends what is under way with cancelled and closes every socket', async () => {
      server.on(TAGS, () => undefined);
      const harness = new TransportHarness(server);
      const pending = harness.fails('cancelled', harness.request(TAGS));
      await server.until(() => server.requests.length === 1);
      await harness.transport.dispose();
      await pending;
      await server.until(() => server.openConnections === 0);
      await harness.fails('cancelled', harness.request(TAGS));
    });

    it('leaves no listener on a signal that lives on', async () => {
      server.on(TAGS, json({}));
      await using harness = new TransportHarness(server);
      const { signal } = new AbortController();
      for (let i = 0; i < 5; i += 1) await harness.get(TAGS, { signal });
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
  });
});
