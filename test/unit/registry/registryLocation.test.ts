import assert from 'node:assert/strict';
import { createEndpoint } from '../../../src/core/registry/parseRegistryUrl.ts';
import { resolveLocation } from '../../../src/core/registry/registryLocation.ts';

describe('resolveLocation', () => {
  const plain = createEndpoint('https://reg.example', 'namespace');
  const prefixed = createEndpoint('https://reg.example/artifacts/docker', 'api');
  const request = '/v2/app/tags/list?n=2';

  const same: readonly (readonly [location: string, path: string])[] = [
    ['/v2/app/tags/list?last=b&n=2', '/v2/app/tags/list?last=b&n=2'],
    ['?last=b&n=2', '/v2/app/tags/list?last=b&n=2'],
    ['list?last=b', '/v2/app/tags/list?last=b'],
    ['https://reg.example/v2/app/tags/list?last=a%2Fb', '/v2/app/tags/list?last=a%2Fb'],
    ['https://REG.example:443/v2/x', '/v2/x'],
    ['//reg.example/v2/x', '/v2/x'],
    ['http://reg.example/v2/x', '/v2/x'],
  ];
  for (const [location, path] of same) {
    it(`takes ${location} as ${path} on the registry`, () => {
      assert.equal(resolveLocation(plain, request, location), path);
    });
  }

  it('puts the API prefix back that a proxy took away, and does not double it', () => {
    for (const location of ['/v2/x?a=1', '/artifacts/docker/v2/x?a=1', 'https://reg.example/v2/x?a=1']) {
      assert.equal(resolveLocation(prefixed, request, location), '/v2/x?a=1');
    }
  });

  it('keeps a place outside the API prefix on the same host', () => {
    assert.equal(resolveLocation(prefixed, request, '/uploads/1'), 'https://reg.example/uploads/1');
  });

  it('leaves another host or port as it is', () => {
    for (const location of ['https://evil.example/v2/x', 'https://reg.example:8443/v2/x']) {
      assert.equal(resolveLocation(plain, request, location), location);
    }
    assert.equal(resolveLocation(plain, request, '//evil.example/v2/x'), 'https://evil.example/v2/x');
  });

  it('refuses what is no http URL', () => {
    for (const location of ['file:///etc/passwd', 'javascript:alert(1)', 'https://']) {
      assert.equal(resolveLocation(plain, request, location), undefined, location);
    }
  });
});
