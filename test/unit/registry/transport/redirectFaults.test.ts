import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { checkLeaving } from '../../../../src/core/registry/transport/redirectPolicy.ts';
import { challenge, guarded, json, redirect, reply } from '../../../support/faultServer/behaviours.ts';
import { FaultServer } from '../../../support/faultServer/FaultServer.ts';
import {
  CANARY_BASIC,
  TransportHarness,
  type HarnessOptions,
} from '../../../support/faultServer/TransportHarness.ts';

const BLOB = '/v2/library/app/blobs/sha256:0';
const isCanary = (authorization: string | undefined): boolean => authorization === CANARY_BASIC;

/** A registry of a public name, reached through a proxy that plays every public host. */
function publicRegistry(proxy: FaultServer, more: HarnessOptions = {}): TransportHarness {
  return new TransportHarness(undefined, {
    host: 'registry.example',
    scheme: 'http',
    proxy: { httpProxy: proxy.origin, strictProxyTls: true },
    ...more,
  });
}

describe('Transport, redirects', () => {
  it('follows to storage on another origin without credentials and headers of our own', async () => {
    await using storage = await FaultServer.start({ address: '127.0.0.2' });
    storage.on('/data', reply(200, 'content'));
    await using server = await FaultServer.start();
    server.on(BLOB, guarded(isCanary, 'Basic realm="r"', redirect(`${storage.origin}/data?sig=1`)));
    await using harness = new TransportHarness(server);
    const headers = { range: 'bytes=0-', 'x-meta-token': 'secret', cookie: 'secret', accept: '*/*' };
    assert.equal((await harness.get(BLOB, { headers })).text, 'content');
    const seen = storage.requests[0]!.headers;
    assert.equal(seen.authorization, undefined);
    assert.equal(seen.cookie, undefined);
    assert.equal(seen['x-meta-token'], undefined);
    assert.equal(seen.range, 'bytes=0-');
    harness.assertNothingLeaked(storage);
  });

  it('treats another port of the same host as another origin', async () => {
    await using other = await FaultServer.start();
    other.on('/data', reply(200, 'content'));
    await using server = await FaultServer.start();
    server.on(BLOB, guarded(isCanary, 'Basic realm="r"', redirect(`${other.origin}/data`)));
    await using harness = new TransportHarness(server);
    await harness.get(BLOB);
    assert.equal(other.requests[0]?.headers.authorization, undefined);
  });

  it('keeps the credentials on a redirect within the origin, and not on the way back from another', async () => {
    await using other = await FaultServer.start({ address: '127.0.0.2' });
    await using server = await FaultServer.start();
    other.on('/back', redirect(`${server.origin}/v2/end`));
    server
      .on('/v2/end', reply(200, 'x'))
      .on('/v2/near', redirect('/v2/end'))
      .on('/v2/far', redirect(`${other.origin}/back`));
    server.on(BLOB, guarded(isCanary, 'Basic realm="r"', reply(200)));
    await using harness = new TransportHarness(server);
    await harness.get(BLOB);
    await harness.get('/v2/near');
    await harness.get('/v2/far');
    const ends = server.requestsFor('/v2/end').map(({ headers }) => headers.authorization);
    assert.deepEqual(ends, [CANARY_BASIC, undefined]);
  });

  it('does not answer another origin’s challenge', async () => {
    await using storage = await FaultServer.start({ address: '127.0.0.2' });
    storage.on('/data', challenge('Basic realm="give me"'));
    await using server = await FaultServer.start();
    server.on(BLOB, redirect(`${storage.origin}/data`));
    await using harness = new TransportHarness(server);
    await harness.fails('unauthorized', harness.request(BLOB));
    assert.equal(storage.requests.length, 1);
    harness.assertNothingLeaked(storage);
  });

  it('row 35: a redirect loop ends after five hops', async () => {
    await using server = await FaultServer.start();
    server.on(BLOB, redirect(BLOB));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('redirectRefused', harness.request(BLOB));
    assert.equal(error.details.reason, 'tooManyRedirects');
    assert.equal(server.requests.length, 6);
  });

  it('row 36: https to http is refused', async () => {
    const leaving = checkLeaving({
      from: new URL('https://registry.example/'),
      to: new URL('http://registry.example/'),
      isProxied: false,
      confirm: () => Promise.resolve(true),
    });
    await assert.rejects(
      leaving,
      (error) => isCoreError(error, 'redirectRefused') && error.details.reason === 'httpsDowngrade',
    );
  });

  it('refuses other schemes, user info and cloud metadata without asking', async () => {
    await using proxy = await FaultServer.start();
    const questions: unknown[] = [];
    const confirm = async (question: unknown): Promise<boolean> => questions.push(question) > 0;
    await using harness = publicRegistry(proxy, { confirm });
    for (const [location, reason] of [
      ['file:///etc/passwd', 'notHttp'],
      ['http://user:pass@other.example/', 'userInfo'],
      ['http://169.254.169.254/latest/meta-data', 'metadataAddress'],
      ['http://[::ffff:169.254.169.254]/', 'metadataAddress'],
      ['http://2852039166/', 'metadataAddress'],
      ['http://metadata.google.internal/', 'metadataAddress'],
    ] as const) {
      proxy.on(`http://registry.example${BLOB}`, redirect(location));
      const error = await harness.fails('redirectRefused', harness.request(BLOB));
      assert.equal(error.details.reason, reason, location);
      assert.equal(error.details.host, 'registry.example');
    }
    assert.deepEqual(questions, []);
  });

  it('row 37: a redirect to this machine or a private network is asked about once, naming both hosts', async () => {
    await using inside = await FaultServer.start();
    inside.on('/admin', reply(200, 'inside'));
    await using proxy = await FaultServer.start();
    proxy.on(`http://registry.example${BLOB}`, redirect(`${inside.origin}/admin`));
    await using unasked = publicRegistry(proxy);
    const error = await unasked.fails('redirectRefused', unasked.request(BLOB));
    assert.equal(error.details.reason, 'privateAddress');
    assert.equal(error.details.otherHost, inside.host);
    const questions: unknown[] = [];
    await using refusing = publicRegistry(proxy, {
      confirm: async (question) => questions.push(question) > 9,
    });
    await refusing.fails('redirectRefused', refusing.request(BLOB));
    await refusing.fails('redirectRefused', refusing.request(BLOB));
    const expected = { kind: 'redirectToPrivateAddress', host: 'registry.example', otherHost: inside.host };
    assert.deepEqual(questions, [expected]);
    assert.equal(inside.requests.length, 0);
    await using allowing = publicRegistry(proxy, { confirm: async () => true });
    assert.equal((await allowing.get(BLOB)).text, 'inside');
    assert.equal(inside.requests.length, 1);
  });

  it('row 37: a registry that is itself on such an address may redirect to others', async () => {
    await using storage = await FaultServer.start({ address: '127.0.0.2' });
    storage.on('/data', reply(200, 'content'));
    await using server = await FaultServer.start();
    server.on(BLOB, redirect(`${storage.origin}/data`));
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(BLOB)).text, 'content');
  });

  it('row 38: an upload Location on another host gets the bytes but no credentials', async () => {
    await using storage = await FaultServer.start({ address: '127.0.0.2' });
    storage.on('PUT /upload', reply(201));
    await using server = await FaultServer.start();
    server.on('POST /v2/a/blobs/uploads/', guarded(isCanary, 'Basic realm="r"', reply(202)));
    await using harness = new TransportHarness(server);
    await harness.request('/v2/a/blobs/uploads/', { method: 'POST' });
    const put = { method: 'PUT', body: Buffer.from('layer'), query: { digest: 'sha256:1' } } as const;
    await harness.request(`${storage.origin}/upload?state=x`, put);
    const [request] = storage.requests;
    assert.equal(request?.url, '/upload?state=x&digest=sha256%3A1');
    assert.equal(request?.body.toString(), 'layer');
    assert.equal(request?.headers.authorization, undefined);
    harness.assertNothingLeaked(storage);
  });

  it('sends a write along 307 and 308, but never turns it into a GET', async () => {
    await using server = await FaultServer.start();
    server
      .on('PUT /v2/a', redirect('/v2/b', 308))
      .on('PUT /v2/b', reply(201))
      .on('PUT /v2/c', redirect('/v2/b', 302));
    await using harness = new TransportHarness(server);
    const put = { method: 'PUT', body: Buffer.from('x') } as const;
    assert.equal((await harness.get('/v2/a', put)).status, 201);
    const error = await harness.fails('redirectRefused', harness.request('/v2/c', put));
    assert.equal(error.details.reason, 'methodChange');
  });

  it('in any graph of redirects and challenges, credentials reach the registry alone and requests stay bounded', async () => {
    await using proxy = await FaultServer.start();
    const hosts = [
      'registry.example',
      'registry.example:8080',
      'a.example',
      'b.example',
      'evil.registry.example',
    ];
    const target = fc.tuple(fc.constantFrom(...hosts), fc.integer({ min: 0, max: 3 }));
    const url = ([host, page]: readonly [string, number]): string => `http://${host}/v2/p${page}`;
    const node = fc.oneof(
      target.map((to) => ({ kind: 'redirect' as const, to })),
      fc.constantFrom(
        { kind: 'challenge' as const, header: 'Basic realm="x"' },
        { kind: 'challenge' as const, header: 'Bearer realm="http://a.example/token",service="s"' },
        { kind: 'challenge' as const, header: 'Bearer realm="http://registry.example/token"' },
      ),
      fc.constantFrom({ kind: 'ok' as const }, { kind: 'fail' as const }),
    );
    const graph = fc.array(node, { minLength: hosts.length * 4, maxLength: hosts.length * 4 });
    await fc.assert(
      fc.asyncProperty(graph, target, async (nodes, start) => {
        proxy.requests.length = 0;
        hosts.forEach((host, i) => {
          proxy.on(`http://${host}/token`, json({ token: 'tok-en-value' }));
          for (let page = 0; page < 4; page += 1) {
            const here = nodes[i * 4 + page]!;
            const behaviour =
              here.kind === 'redirect'
                ? redirect(url(here.to))
                : here.kind === 'ok'
                  ? reply(200)
                  : here.kind === 'fail'
                    ? reply(500)
                    : guarded((authorization) => authorization !== undefined, here.header, reply(200));
            proxy.on(url([host, page]), behaviour);
          }
        });
        await using harness = publicRegistry(proxy, { limits: { retryBaseMs: 0 } });
        const path = start[0] === 'registry.example' ? `/v2/p${start[1]}` : url(start);
        await harness.get(path).catch((error: unknown) => assert.ok(isCoreError(error)));
        await harness.get('/v2/p0').catch((error: unknown) => assert.ok(isCoreError(error)));
        for (const request of proxy.requests) {
          const isHome = request.url.startsWith('http://registry.example/');
          assert.ok(isHome || request.headers.authorization === undefined, request.url);
        }
        // Two operations, each four requests of six hops at most, and a token for each request.
        assert.ok(proxy.requests.length <= 2 * (4 * 6 + 4));
        harness.assertNothingLeaked();
      }),
      { numRuns: 60 },
    );
  });
});
