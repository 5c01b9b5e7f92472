import assert from 'node:assert/strict';
import fc from 'fast-check';
import { redact } from '../../../src/core/common/redact.ts';

const SECRET = 'c4n4ry-S3cret';

describe('redact', () => {
  const leaks: readonly string[] = [
    `Authorization: Basic ${SECRET}`,
    `authorization: Bearer ${SECRET}`,
    `"authorization":"Bearer ${SECRET}"`,
    `Proxy-Authorization: Basic ${SECRET}`,
    `X-Registry-Auth: ${SECRET}`,
    `Cookie: session=${SECRET}; other=1`,
    `sent Bearer ${SECRET} to x`,
    `https://me:${SECRET}@x.io/v2/`,
    `https://${SECRET}@x.io/v2/`,
    `http://a@b:${SECRET}@proxy:3128`,
    `docker pull me:${SECRET}@x.io:5000/app`,
    `https://x.io/token?service=x&access_token=${SECRET}&n=1`,
    `https://x.io/blob?X-Amz-Signature=${SECRET}&sig=${SECRET}`,
    `grant_type=password&password=${SECRET}`,
    `refresh_token=${SECRET}`,
    `{"password":"${SECRET}"}`,
    `{"Password" : "${SECRET}"}`,
    `{"identitytoken":"a\\"${SECRET}"}`,
    `{"auths":{"x.io":{"auth":"${SECRET}"}}}`,
    `{"Secret":"${SECRET}","Username":"me"}`,
    `{ clientSecret: '${SECRET}' }`,
    `"body":"{\\"token\\":\\"${SECRET}\\",\\"n\\":1}"`,
    `"body":"{\\"token\\":\\"a\\\\\\"${SECRET}\\"}"`,
    `docker login --password ${SECRET} x.io`,
    `eyJhbGciOiJub25lIn0.${SECRET}.sig`,
    `ghp_${SECRET}`,
    `dckr_pat_${SECRET}`,
  ];
  for (const text of leaks) {
    it(`masks the secret in ${text.replaceAll(SECRET, '…').slice(0, 60)}`, () => {
      const redacted = redact(text);
      assert.ok(!redacted.includes(SECRET), redacted);
      assert.ok(redacted.includes('***'));
    });
  }

  it('leaves what is no secret readable', () => {
    for (const text of [
      'GET https://x.io:5000/v2/library/alpine/tags/list?n=100&last=v1 200',
      'Bearer realm="https://auth.x.io/token",service="x.io",scope="repository:a:pull"',
      'docker run -d -p 5000:5000 --name registry registry:2',
      `pulled alpine:3.20@sha256:${'a'.repeat(64)} from me@example.com`,
      'x.io:5000/app:v1 and [::1]:5000/app',
      '{"username":"me","tags":["a"]}',
      'the token endpoint answered 401',
      '',
    ]) {
      assert.equal(redact(text), text);
    }
  });

  it('masks known secrets in every spelling, the longest first', () => {
    const secret = 'p@ss/word "x"';
    const text = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
    ].join(' | ');
    const redacted = redact(text, [secret]);
    assert.equal(redacted, '*** | *** | "***" | ***');
    assert.equal(redact('abcdef abcd', ['abcd', 'abcdef']), '*** ***');
  });

  it('does not mask ordinary text because of an empty or very short secret', () => {
    assert.equal(redact('a cab', ['', 'a', 'cab']), 'a cab');
  });

  it('never lets a known secret through, wherever it stands', () => {
    const secret = fc.string({ minLength: 4, maxLength: 20 }).filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(fc.string(), secret, fc.string(), (before, hidden, after) => {
        assert.ok(!redact(before + hidden + after, [hidden]).includes(hidden));
      }),
      { numRuns: 1000 },
    );
  });

  it('is undisturbed by secrets that are no well-formed text', () => {
    assert.equal(redact('x', ['\uD800\uD800\uD800\uD800']), 'x');
  });

  it('takes time in proportion to the text, whatever it holds', () => {
    // As a square of its length one of these would outlast the test's deadline many times.
    for (const unit of [
      '"password',
      '=a:',
      '://a@',
      ' --password',
      'token=',
      'eyJaaaaaa.',
      'a',
      'ghp_',
      'Bearer ',
      '\\"token\\"',
      "'",
      'secret:"\\',
    ]) {
      redact(unit.repeat(Math.ceil(200_000 / unit.length)));
    }
  });
});
