import assert from 'node:assert/strict';
import { proxyAuthorization, proxyFor } from '../../../../src/core/registry/transport/proxyRoute.ts';

describe('proxyFor', () => {
  const options = { httpProxy: 'http://web:1', httpsProxy: 'secure:2', strictProxyTls: true };
  const hostOf = (url: string, noProxy = ''): string | undefined =>
    proxyFor(new URL(url), { ...options, noProxy })?.host;

  it('chooses by scheme; a proxy without a scheme is an http one', () => {
    assert.equal(hostOf('http://r.example/'), 'web:1');
    assert.equal(hostOf('https://r.example/'), 'secure:2');
    assert.equal(proxyFor(new URL('https://r.example'), { strictProxyTls: true }), undefined);
  });

  it('never sends loopback addresses through a proxy', () => {
    for (const host of ['localhost', '127.0.0.1:5000', '[::1]:5000', 'a.localhost']) {
      assert.equal(hostOf(`http://${host}/`), undefined, host);
    }
  });

  for (const [noProxy, url, isDirect] of [
    ['*', 'https://r.example', true],
    ['r.example', 'https://r.example', true],
    ['r.example', 'https://sub.r.example', true],
    ['.r.example', 'https://sub.r.example', true],
    ['*.r.example', 'https://sub.r.example', true],
    ['r.example', 'https://other-r.example', false],
    ['x, R.Example ,y', 'https://r.example', true],
    ['a b', 'https://b', true],
    ['r.example:5000', 'https://r.example', false],
    ['r.example:443', 'https://r.example', true],
    ['r.example:5000', 'https://r.example:5000', true],
    ['10.1.0.0/16', 'https://10.1.2.3', true],
    ['10.1.0.0/16', 'https://10.2.2.3', false],
    ['10.1.0.0/99', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['[fd12::1]:443', 'https://[fd12::1]', true],
    ['fd12::1', 'https://[fd12::1]', true],
    ['0.1', 'https://10.0.0.1', false],
  ] as const) {
    it(`NO_PROXY=${noProxy} ${isDirect ? 'excludes' : 'keeps'} ${url}`, () => {
      assert.equal(hostOf(url, noProxy) === undefined, isDirect);
    });
  }

  it('decodes the proxy’s user info', () => {
    const header = proxyAuthorization(new URL('http://me:p%40ss@web:1'));
    assert.deepEqual(header, { 'proxy-authorization': `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
    assert.deepEqual(proxyAuthorization(new URL('http://web:1')), {});
  });
});
