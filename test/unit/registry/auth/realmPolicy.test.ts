import assert from 'node:assert/strict';
import { isSameSite, judgeRealm } from '../../../../src/core/registry/auth/realmPolicy.ts';

describe('judgeRealm', () => {
  for (const [registry, realm, expected] of [
    ['https://registry-1.docker.io', 'https://auth.docker.io/token', 'allowed'],
    ['https://lscr.io', 'https://ghcr.io/token', 'allowed'],
    ['https://registry.gitlab.com', 'https://gitlab.com/jwt/auth', 'allowed'],
    ['https://r.example', 'https://r.example:8443/token', 'allowed'],
    ['https://r.example', 'https://auth.elsewhere.net/token', 'ask'],
    ['https://203.0.113.7', 'https://203.0.113.8/token', 'ask'],
    ['https://one.azurecr.io', 'https://two.azurecr.io/oauth2/token', 'ask'],
    ['https://shop.co.uk', 'https://evil.co.uk/token', 'ask'],
    ['http://r.example', 'https://auth.r.example/token', 'ask'],
    ['http://127.0.0.1:5000', 'http://localhost:5001/token', 'allowed'],
    ['http://r.example', 'http://r.example/token', 'allowed'],
    ['https://r.example', 'http://r.example/token', 'httpsDowngrade'],
    ['https://r.example', 'http://auth.r.example/token', 'httpsDowngrade'],
    ['https://r.example', 'https://169.254.169.254/latest', 'metadataAddress'],
    ['http://169.254.169.254', 'http://169.254.169.254/latest', 'metadataAddress'],
    ['https://r.example', 'https://metadata.google.internal/x', 'metadataAddress'],
    ['https://r.example', 'https://[fe80::1]/token', 'metadataAddress'],
    ['https://r.example', 'https://10.0.0.1/token', 'privateAddress'],
    ['https://r.example', 'https://localhost/token', 'privateAddress'],
    ['https://r.example', 'javascript:alert(1)', 'notHttp'],
    ['https://r.example', 'https://a:b@r.example/token', 'userInfo'],
  ] as const) {
    it(`says ${expected} to ${realm} for ${registry}`, async () => {
      const judgement = await judgeRealm(new URL(registry), new URL(realm), true);
      assert.equal(judgement.verdict === 'refused' ? judgement.reason : judgement.verdict, expected);
    });
  }
});

describe('isSameSite', () => {
  for (const [a, b, expected] of [
    ['a.example.com', 'b.example.com', true],
    ['example.com', 'b.example.com', true],
    ['a.example.com', 'a.example.org', false],
    ['aexample.com', 'example.com', false],
    ['a.co.uk', 'b.co.uk', false],
    ['x.a.co.uk', 'y.a.co.uk', true],
    ['com', 'a.com', false],
    ['10.0.0.1', '11.0.0.1', false],
    ['a.github.io', 'b.github.io', false],
  ] as const) {
    it(`${expected ? 'joins' : 'parts'} ${a} and ${b}`, () => {
      assert.equal(isSameSite(a, b), expected);
      assert.equal(isSameSite(b, a), expected);
    });
  }
});
