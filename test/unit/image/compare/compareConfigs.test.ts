import assert from 'node:assert/strict';
import { compareConfigs } from '../../../../src/core/image/compare/compareConfigs.ts';
import { parseImageConfig } from '../../../../src/core/oci/imageConfig.ts';

const parse = (document: unknown) => parseImageConfig(Buffer.from(JSON.stringify(document)));

describe('compareConfigs', () => {
  it('finds nothing between configs that differ only in time, history and layers', () => {
    const config = { os: 'linux', architecture: 'amd64', config: { Cmd: ['sh'], Env: ['A=1'] } };
    const later = { ...config, created: '2026-01-01T00:00:00Z', history: [{ created_by: 'RUN x' }] };
    assert.deepEqual(compareConfigs(parse(config), parse(later)), []);
  });

  it('tells what came, what went and what changed, section by section', () => {
    const before = parse({
      os: 'linux',
      architecture: 'amd64',
      config: {
        Cmd: ['sh', '-c', 'a b'],
        Env: ['PATH=/bin', 'OLD=1'],
        User: 'root',
        Labels: { b: '1', a: '1' },
        ExposedPorts: { '80/tcp': {} },
      },
    });
    const after = parse({
      os: 'linux',
      architecture: 'arm64',
      config: {
        Cmd: ['sh', '-c', 'a', 'b'],
        Env: ['PATH=/usr/bin', 'NEW='],
        Labels: { b: '2', a: '2' },
        ExposedPorts: { '80/tcp': {}, '443/tcp': {} },
        Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000 },
      },
    });
    assert.deepEqual(compareConfigs(before, after), [
      { section: 'platform', name: 'architecture', before: 'amd64', after: 'arm64' },
      { section: 'runtime', name: 'command', before: '["sh","-c","a b"]', after: '["sh","-c","a","b"]' },
      { section: 'runtime', name: 'user', before: 'root' },
      { section: 'runtime', name: 'ports', before: '80/tcp', after: '80/tcp\n443/tcp' },
      { section: 'runtime', name: 'healthcheck', after: '["CMD","true"]\nintervalMs: 5000' },
      { section: 'environment', name: 'PATH', before: '/bin', after: '/usr/bin' },
      { section: 'environment', name: 'OLD', before: '1' },
      { section: 'environment', name: 'NEW', after: '' },
      { section: 'labels', name: 'a', before: '1', after: '2' },
      { section: 'labels', name: 'b', before: '1', after: '2' },
    ]);
  });
});
