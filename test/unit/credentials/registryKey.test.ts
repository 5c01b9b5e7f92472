import assert from 'node:assert/strict';
import {
  DOCKER_HUB_KEY,
  dockerKey,
  isSameRegistry,
  parseRegistryKey,
} from '../../../src/core/credentials/registryKey.ts';

describe('parseRegistryKey', () => {
  it('reads every spelling of a key', () => {
    for (const key of [
      'x.io',
      'https://x.io',
      'http://x.io',
      'https://x.io/',
      'https://x.io/v1/',
      'https://X.IO/v2',
    ]) {
      assert.deepEqual(parseRegistryKey(key), { registry: 'x.io', path: '' }, key);
    }
    assert.deepEqual(parseRegistryKey('x.io:5000/team/app'), { registry: 'x.io:5000', path: 'team/app' });
  });

  it('knows Docker Hub by all its names', () => {
    for (const key of [
      DOCKER_HUB_KEY,
      'docker.io',
      'index.docker.io',
      'registry-1.docker.io',
      'https://index.docker.io/v1',
    ]) {
      assert.equal(parseRegistryKey(key).registry, 'docker.io', key);
      assert.equal(dockerKey(parseRegistryKey(key)), DOCKER_HUB_KEY);
    }
  });

  it('keeps apart what only looks alike', () => {
    assert.ok(isSameRegistry('https://x.io/v1/', 'x.io'));
    for (const other of [
      'x.io:443',
      'x.io:5000',
      'xx.io',
      'x.io.evil',
      'sub.x.io',
      'evil.io/x.io',
      'docker.io',
      'x.io@evil.io',
    ]) {
      assert.ok(!isSameRegistry('x.io', other), other);
    }
    assert.ok(
      !isSameRegistry('docker.io', 'hub.docker.com') && !isSameRegistry('docker.io', 'docker.io:443'),
    );
  });
});
