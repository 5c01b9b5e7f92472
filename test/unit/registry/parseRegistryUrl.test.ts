import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError, isCoreError } from '../../../src/core/common/CoreError.ts';
import {
  createEndpoint,
  isLoopbackHost,
  parseRegistryUrl,
} from '../../../src/core/registry/parseRegistryUrl.ts';

describe('parseRegistryUrl', () => {
  const good: readonly (readonly [typed: string, scheme: string | undefined, host: string, path: string])[] =
    [
      ['localhost:5000', undefined, 'localhost:5000', ''],
      ['  ghcr.io/owner  ', undefined, 'ghcr.io', 'owner'],
      ['https://host.example/prefix', 'https', 'host.example', 'prefix'],
      ['HTTP://Host.Example:8080/', 'http', 'host.example:8080', ''],
      [
        'https://host.example/artifactory/api/docker/Key/v2/',
        'https',
        'host.example',
        'artifactory/api/docker/Key',
      ],
      ['https://host.example/v2', 'https', 'host.example', ''],
      ['host.example//a///b/', undefined, 'host.example', 'a/b'],
      ['[::1]:5000/x', undefined, '[::1]:5000', 'x'],
      ['docker.io', undefined, 'docker.io', ''],
      ['https://index.docker.io/v1/', 'https', 'docker.io', ''],
      ['hub.docker.com', undefined, 'docker.io', ''],
      ['registry-1.docker.io', undefined, 'docker.io', ''],
    ];
  for (const [typed, scheme, host, path] of good) {
    it(`reads ${JSON.stringify(typed)}`, () => {
      assert.deepEqual(parseRegistryUrl(typed), { ...(scheme && { scheme }), host, path });
    });
  }

  const bad: readonly (readonly [typed: string, reason: string])[] = [
    ['', 'empty'],
    ['   ', 'empty'],
    ['https://user:hunter22@host.example', 'userInfo'],
    ['user@host.example', 'userInfo'],
    ['ftp://host.example', 'scheme'],
    ['oci://host.example', 'scheme'],
    ['https://', 'host'],
    ['https:///x', 'host'],
    ['host name', 'forbiddenCharacter'],
    ['host\u0000', 'forbiddenCharacter'],
    ['host\r\nX: y', 'forbiddenCharacter'],
    ['-flag', 'forbiddenCharacter'],
    ['host\\path', 'forbiddenCharacter'],
    ['host:99999', 'host'],
    ['host:', 'host'],
    ['host:0', 'host'],
    ['ho_st', 'host'],
    ['.host', 'host'],
    ['https://host.example?x=1', 'query'],
    ['host.example/x#y', 'query'],
    ['host.example/a/../b', 'path'],
    ['host.example/%2e%2e/b', 'path'],
    ['host.example/käse', 'path'],
    ['ghcr.io/owner/app:1.0', 'imageReference'],
    ['ghcr.io/owner/app@sha256:abc', 'imageReference'],
  ];
  for (const [typed, reason] of bad) {
    it(`refuses ${JSON.stringify(typed)} because of its ${reason}`, () => {
      assert.throws(
        () => parseRegistryUrl(typed),
        (error) => isCoreError(error, 'invalidInput') && error.details.reason === reason,
      );
    });
  }

  it('does not repeat a password in the error', () => {
    assert.throws(
      () => parseRegistryUrl('https://user:hunter22@host.example'),
      (error) =>
        error instanceof CoreError && !JSON.stringify([error.message, error.details]).includes('hunter22'),
    );
  });

  it('gives for any text an address or an invalidInput with a reason', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.domain()), (typed) => {
        try {
          const { scheme = 'https', host, path } = parseRegistryUrl(typed);
          const url = new URL(`${scheme}://${host}/${path}`);
          assert.equal(url.pathname, `/${path}`);
          assert.equal(url.username + url.password + url.search + url.hash, '');
        } catch (error) {
          assert.ok(isCoreError(error, 'invalidInput') && error.details.reason !== undefined);
        }
      }),
    );
  });
});

describe('createEndpoint', () => {
  it('puts the path where its style says', () => {
    const base = {
      scheme: 'https',
      host: 'h.example',
      referenceHost: 'h.example/a/b',
      credentialKey: 'h.example',
    };
    assert.deepEqual(createEndpoint('h.example/a/b', 'api'), {
      ...base,
      apiPrefix: 'a/b',
      namespacePrefix: '',
    });
    assert.deepEqual(createEndpoint('h.example/a/b', 'namespace'), {
      ...base,
      apiPrefix: '',
      namespacePrefix: 'a/b',
    });
  });

  it('knows where the API and the credentials of Docker Hub are', () => {
    assert.deepEqual(createEndpoint('https://docker.io/someone', 'api'), {
      scheme: 'https',
      host: 'registry-1.docker.io',
      apiPrefix: '',
      namespacePrefix: 'someone',
      referenceHost: 'docker.io/someone',
      credentialKey: 'https://index.docker.io/v1/',
    });
  });

  it('makes a host of one word one that docker does not take for a namespace', () => {
    assert.equal(createEndpoint('https://registry/team', 'namespace').referenceHost, 'registry:443/team');
    assert.equal(createEndpoint('http://registry', 'namespace').referenceHost, 'registry:80');
    assert.equal(createEndpoint('localhost', 'namespace').referenceHost, 'localhost');
  });

  it('never reaches Docker Hub by plain http', () => {
    assert.equal(createEndpoint('http://docker.io', 'namespace').scheme, 'https');
  });

  it('refuses a namespace that no repository can be in', () => {
    const refusedFor = (reason: string) => (error: unknown) =>
      isCoreError(error, 'invalidInput') && error.details.reason === reason;
    assert.throws(() => createEndpoint('h.example/Owner', 'namespace'), refusedFor('uppercaseNamespace'));
    assert.throws(() => createEndpoint('h.example/a~b', 'namespace'), refusedFor('path'));
  });
});

describe('isLoopbackHost', () => {
  it('holds for this machine only', () => {
    for (const host of ['localhost', 'localhost:5000', '127.0.0.1', '127.9.9.9:80', '[::1]:5000']) {
      assert.ok(isLoopbackHost(host), host);
    }
    for (const host of [
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '128.0.0.1',
      'example',
      '1127.0.0.1',
    ]) {
      assert.ok(!isLoopbackHost(host), host);
    }
  });
});
