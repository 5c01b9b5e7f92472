import assert from 'node:assert/strict';
import type { Credential } from '../../../../src/core/credentials/CredentialStore.ts';
import {
  challenge,
  guarded,
  json,
  redirect,
  reply,
  reset,
  stall,
} from '../../../support/faultServer/behaviours.ts';
import { FaultServer, type Behaviour } from '../../../support/faultServer/FaultServer.ts';
import {
  CANARY,
  CANARY_BASIC,
  TransportHarness,
  type HarnessOptions,
} from '../../../support/faultServer/TransportHarness.ts';

const TAGS = '/v2/library/app/tags/list';
const SCOPE = 'repository:library/app:pull';

/** A bearer registry whose token endpoint is on the same server. */
function bearer(
  server: FaultServer,
  accepts: (token: string) => boolean = () => true,
  realm = `${server.origin}/token`,
): void {
  const header = `Bearer realm="${realm}",service="reg",scope="${SCOPE}"`;
  const good = (authorization: string | undefined): boolean =>
    authorization?.startsWith('Bearer ') === true && accepts(authorization.slice(7));
  server.on('/v2/*', guarded(good, header, json({ tags: ['a'] })));
}

/** Tokens t1, t2, … that live `expiresIn` seconds. */
function tokens(expiresIn?: number): Behaviour {
  let count = 0;
  return (exchange) =>
    json({ token: `t${(count += 1)}`, ...(expiresIn && { expires_in: expiresIn }) })(exchange);
}

describe('Transport, authentication', () => {
  let server: FaultServer;
  beforeEach(async () => {
    server = await FaultServer.start();
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it('anonymous means no Authorization header at all, to the registry and to the realm', async () => {
    bearer(server);
    server.on('/token', tokens());
    await using harness = new TransportHarness(server, { credential: undefined });
    assert.equal((await harness.get(TAGS)).status, 200);
    const [first, token] = server.requests;
    assert.ok(!('authorization' in first!.headers));
    assert.ok(!('authorization' in token!.headers));
  });

  it('shows the password to the realm alone, never to a bearer registry', async () => {
    bearer(server);
    server.on('/token', tokens(300));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    await harness.get(TAGS);
    const seen = server.requests.map(({ url, headers }) => [url.split('?')[0], headers.authorization]);
    assert.deepEqual(seen, [
      [TAGS, undefined],
      ['/token', CANARY_BASIC],
      [TAGS, 'Bearer t1'],
      [TAGS, 'Bearer t1'],
    ]);
    const query = new URLSearchParams(server.requests[1]?.url.split('?')[1]);
    assert.deepEqual([query.get('service'), query.getAll('scope')], ['reg', [SCOPE]]);
  });

  it('remembers Basic after one challenge and sends it at once from then on', async () => {
    server.on(
      '/v2/*',
      guarded((authorization) => authorization === CANARY_BASIC, 'Basic realm="r"', json({})),
    );
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    await harness.get(TAGS);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      [undefined, CANARY_BASIC, CANARY_BASIC],
    );
  });

  it('fetches one token for a hundred concurrent requests', async () => {
    bearer(server);
    server.on('/token', tokens(300));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    await Promise.all(Array.from({ length: 100 }, (_, i) => harness.get(`/v2/library/app/manifests/${i}`)));
    assert.equal(server.requestsFor('/token').length, 1);
    assert.equal(server.requests.length, 103);
  });

  it('fetches one token for a hundred first requests', async () => {
    bearer(server);
    server.on('/token', tokens(300));
    await using harness = new TransportHarness(server);
    await Promise.all(Array.from({ length: 100 }, () => harness.get(TAGS)));
    assert.equal(server.requestsFor('/token').length, 1);
    assert.equal(server.requests.length, 102);
  });

  it('row 24: a registry that answers 401 for ever is asked twice', async () => {
    bearer(server, () => false);
    server.on('/token', tokens(300));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'credentialsRefused');
    assert.equal(error.details.host, server.host);
    assert.equal(server.requestsFor(TAGS).length, 2);
    assert.equal(server.requestsFor('/token').length, 1);
  });

  it('row 24: Basic credentials that are refused are sent once, and once more by a later request', async () => {
    server.on('/v2/*', challenge('Basic realm="r"'));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'credentialsRefused');
    assert.equal(server.requests.length, 2);
    await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(server.requests.length, 3);
  });

  it('row 25: 401 without a challenge says sign in', async () => {
    server.on(TAGS, reply(401));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'noChallenge');
    assert.equal(server.requests.length, 1);
  });

  it('says that there are no credentials where Basic is demanded and none are known', async () => {
    server.on(TAGS, challenge('Basic realm="r"'));
    await using harness = new TransportHarness(server, { credential: undefined });
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'noCredentials');
    assert.equal(server.requests.length, 1);
  });

  it('row 26: of several odd challenges the bearer one is taken', async () => {
    const realm = `${server.origin}/token`;
    const headers = ['Negotiate', `Basic realm="a, b", Bearer scope="x:y:z" , service=reg,realm="${realm}"`];
    server.on(TAGS, challenge(...headers), json({ tags: [] }));
    server.on('/token', tokens());
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(TAGS)).status, 200);
    assert.equal(server.requestsFor('/token').length, 1);
  });

  it('row 26: challenges that we cannot answer are named', async () => {
    server.on(TAGS, challenge('Negotiate', 'NTLM'));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'unknownChallenge');
  });

  for (const [realm, reason] of [
    ['http://169.254.169.254/latest', 'metadataAddress'],
    ['ftp://auth.example/', 'notHttp'],
    ['http://u:p@auth.example/', 'userInfo'],
    ['http://auth.example/token', 'otherHost'],
  ] as const) {
    it(`row 27: a realm at ${realm} gets nothing (${reason})`, async () => {
      bearer(server, undefined, realm);
      await using proxy = await FaultServer.start();
      await using harness = new TransportHarness(server, {
        proxy: { httpProxy: proxy.origin, strictProxyTls: true },
      });
      const error = await harness.fails('realmRefused', harness.request(TAGS));
      assert.equal(error.details.reason, reason);
      assert.equal(error.details.host, server.host);
      assert.equal(error.details.otherHost, new URL(realm).host);
      assert.equal(proxy.requests.length, 0);
    });
  }

  it('row 27: a realm on another host is asked about once, naming both, and then gets the credentials', async () => {
    bearer(server, undefined, 'http://auth.example/token');
    await using proxy = await FaultServer.start();
    proxy.on('http://auth.example/token', tokens());
    const questions: unknown[] = [];
    const options: HarnessOptions = {
      proxy: { httpProxy: proxy.origin, strictProxyTls: true },
      confirm: async (question) => questions.push(question) > 0,
    };
    await using harness = new TransportHarness(server, options);
    await harness.get(TAGS);
    await harness.get('/v2/other/tags/list', { scopes: ['repository:other:pull'] });
    assert.deepEqual(questions, [{ kind: 'realmOnOtherHost', host: server.host, otherHost: 'auth.example' }]);
    assert.equal(proxy.requests[0]?.headers.authorization, CANARY_BASIC);
  });

  it('row 27: an anonymous token may come from another public host unasked', async () => {
    bearer(server, undefined, 'http://auth.example/token');
    await using proxy = await FaultServer.start();
    proxy.on('http://auth.example/token', tokens());
    const options = { proxy: { httpProxy: proxy.origin, strictProxyTls: true }, credential: undefined };
    await using harness = new TransportHarness(server, options);
    await harness.get(TAGS);
    assert.equal(proxy.requests[0]?.headers.authorization, undefined);
  });

  it('row 28: a token endpoint that redirects is refused', async () => {
    await using other = await FaultServer.start({ address: '127.0.0.2' });
    bearer(server);
    server.on('/token', redirect(`${other.origin}/token`));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('tokenFailed', harness.request(TAGS));
    assert.equal(error.details.reason, 'tokenRedirect');
    assert.equal(other.requests.length, 0);
    assert.equal(server.requests.length, 2);
  });

  for (const [what, behaviour, reason] of [
    ['10 MiB', reply(200, Buffer.alloc(10 << 20, 32)), 'tokenTooLarge'],
    ['HTML', reply(200, '<html>sign in</html>', { 'content-type': 'text/html' }), 'badTokenReply'],
    ['nothing', reply(200), 'badTokenReply'],
    ['no token', json({ expires_in: 3 }), 'badTokenReply'],
    ['a token that would break the header', json({ token: 'a\r\nx: y' }), 'badTokenReply'],
    ['500', reply(500), 'tokenStatus'],
  ] as const) {
    it(`row 29: a token endpoint that answers ${what} is an error that names it`, async () => {
      bearer(server);
      server.on('/token', behaviour);
      await using harness = new TransportHarness(server);
      const error = await harness.fails('tokenFailed', harness.request(TAGS));
      assert.equal(error.details.reason, reason);
      assert.equal(error.details.host, server.host);
      assert.equal(server.requests.length, 2);
    });
  }

  it('a token endpoint that refuses the password says so', async () => {
    bearer(server);
    server.on('/token', reply(401, `{"details":"wrong password ${CANARY}"}`));
    await using harness = new TransportHarness(server);
    const error = await harness.fails('unauthorized', harness.request(TAGS));
    assert.equal(error.details.reason, 'credentialsRefused');
  });

  it('a reset of the token endpoint is tried once more', async () => {
    bearer(server);
    server.on('/token', reset, tokens());
    await using harness = new TransportHarness(server);
    assert.equal((await harness.get(TAGS)).status, 200);
  });

  it('row 30: a token that expires under many requests is renewed once, shared by all', async () => {
    let valid = 't1';
    bearer(server, (token) => token === valid);
    server.on('/token', tokens(3600));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    valid = 't2';
    await Promise.all(Array.from({ length: 20 }, () => harness.get(TAGS)));
    assert.equal(server.requestsFor('/token').length, 2);
  });

  it('row 30: queued requests do not stand between an expired token and its renewal', async () => {
    let valid = 't1';
    bearer(server, (token) => token === valid);
    server.on('/token', tokens(3600));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    valid = 't2';
    await Promise.all(Array.from({ length: 100 }, () => harness.get(TAGS)));
    assert.equal(server.requestsFor('/token').length, 2);
    assert.ok(server.requests.length < 150, `${server.requests.length} requests`);
  });

  it('row 30: a token is renewed before it expires', async () => {
    bearer(server);
    server.on('/token', tokens(0.02));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    const start = performance.now();
    await server.until(() => performance.now() - start > 25);
    await harness.get(TAGS);
    assert.equal(server.requestsFor('/token').length, 2);
    assert.equal(server.requestsFor(TAGS).length, 3);
  });

  describe('with an identity token', () => {
    const credential: Credential = { kind: 'identityToken', token: CANARY };
    it('posts it as a refresh token, in the body alone', async () => {
      bearer(server);
      server.on('POST /token', json({ access_token: 'at' }));
      await using harness = new TransportHarness(server, { credential });
      await harness.get(TAGS);
      const [post] = server.requestsFor('/token');
      assert.equal(post?.url, '/token');
      const form = Object.fromEntries(new URLSearchParams(post?.body.toString()));
      assert.deepEqual(form, {
        grant_type: 'refresh_token',
        refresh_token: CANARY,
        client_id: 'berth',
        service: 'reg',
        scope: SCOPE,
      });
      assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer at');
      harness.assertNothingLeaked();
    });

    for (const status of [404, 405]) {
      it(`falls back to GET where POST answers ${status}`, async () => {
        bearer(server);
        server.on('POST /token', reply(status)).on('GET /token', tokens());
        await using harness = new TransportHarness(server, { credential });
        await harness.get(TAGS);
        assert.deepEqual(
          server.requestsFor('/token').map(({ method }) => method),
          ['POST', 'GET'],
        );
      });
    }
  });

  it('sends a ready registry token as it is', async () => {
    bearer(server, (token) => token === CANARY);
    await using harness = new TransportHarness(server, { credential: { kind: 'bearer', token: CANARY } });
    await harness.get(TAGS);
    assert.equal(server.requestsFor('/token').length, 0);
  });

  it('one cancelled request does not take the shared token away from the others; the last one ends it', async () => {
    bearer(server);
    server.on('/token', tokens(300));
    await using harness = new TransportHarness(server);
    await harness.get(TAGS);
    const stalled: { destroyed: boolean; finish(): void }[] = [];
    server.on('/token', ({ response, socket }) => {
      stalled.push({
        get destroyed() {
          return socket.destroyed;
        },
        finish: () => response.end('{"token":"t1"}'),
      });
    });
    const other = { scopes: ['repository:other:pull'] };
    const controller = new AbortController();
    const cancelled = harness.fails(
      'cancelled',
      harness.request(TAGS, { ...other, signal: controller.signal }),
    );
    const kept = harness.get(TAGS, other);
    await server.until(() => stalled.length === 1);
    controller.abort();
    await cancelled;
    stalled[0]!.finish();
    assert.equal((await kept).status, 200);
    const alone = new AbortController();
    const third = { scopes: ['repository:third:pull'], signal: alone.signal };
    const pending = harness.fails('cancelled', harness.request(TAGS, third));
    await server.until(() => stalled.length === 2);
    alone.abort();
    await pending;
    await server.until(() => stalled[1]!.destroyed);
  });

  it('holds the first requests back until the first reply tells how to sign in, but never behind a stalled one', async () => {
    server.on('/v2/first', stall);
    server.on(TAGS, json({}));
    await using harness = new TransportHarness(server);
    const controller = new AbortController();
    const first = harness.fails('cancelled', harness.request('/v2/first', { signal: controller.signal }));
    assert.equal((await harness.get(TAGS)).status, 200);
    controller.abort();
    await first;
  });
});
