import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { parseImageConfig } from '../../../src/core/oci/imageConfig.ts';

function parse(document: unknown) {
  return parseImageConfig(new TextEncoder().encode(JSON.stringify(document)));
}

describe('parseImageConfig', () => {
  it('reads everything a panel shows', () => {
    const config = parse({
      created: '2024-05-06T07:08:09.123456789Z',
      author: 'Ada',
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      'os.version': '1.2',
      config: {
        Entrypoint: ['/init'],
        Cmd: ['serve', '--all'],
        Env: ['PATH=/bin', 'OPTIONS=a=b', 'EMPTY=', 'BARE'],
        User: '1000:1000',
        WorkingDir: '/srv',
        ExposedPorts: { '8080/tcp': {}, '80/tcp': {}, '443/udp': {} },
        Volumes: { '/data': {}, '/cache': {} },
        Labels: { 'org.example': 'x', bad: 1 },
        StopSignal: 'SIGINT',
        Shell: ['/bin/bash', '-c'],
        Healthcheck: {
          Test: ['CMD-SHELL', 'true'],
          Interval: 30e9,
          Timeout: 5e8,
          StartPeriod: 0,
          Retries: 3,
        },
      },
      history: [
        { created: '2024-01-01T00:00:00Z', created_by: 'ADD rootfs', comment: 'c', author: 'a' },
        { created_by: 'CMD ["sh"]', empty_layer: true },
      ],
      rootfs: { type: 'layers', diff_ids: ['sha256:x'] },
    });
    assert.deepEqual(config, {
      created: new Date('2024-05-06T07:08:09.123Z'),
      author: 'Ada',
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      osVersion: '1.2',
      entrypoint: ['/init'],
      cmd: ['serve', '--all'],
      env: [
        { name: 'PATH', value: '/bin' },
        { name: 'OPTIONS', value: 'a=b' },
        { name: 'EMPTY', value: '' },
        { name: 'BARE', value: '' },
      ],
      user: '1000:1000',
      workingDir: '/srv',
      exposedPorts: ['80/tcp', '443/udp', '8080/tcp'],
      volumes: ['/cache', '/data'],
      labels: { 'org.example': 'x' },
      stopSignal: 'SIGINT',
      shell: ['/bin/bash', '-c'],
      healthcheck: { test: ['CMD-SHELL', 'true'], intervalMs: 30_000, timeoutMs: 500, retries: 3 },
      history: [
        {
          created: new Date('2024-01-01T00:00:00Z'),
          createdBy: 'ADD rootfs',
          author: 'a',
          comment: 'c',
          emptyLayer: false,
        },
        { createdBy: 'CMD ["sh"]', emptyLayer: true },
      ],
      diffIds: ['sha256:x'],
    });
  });

  it('reads an empty object, and null or wrongly typed fields, as nothing known', () => {
    const nothing = parse({});
    assert.deepEqual(nothing, {
      os: '',
      architecture: '',
      entrypoint: [],
      cmd: [],
      env: [],
      exposedPorts: [],
      volumes: [],
      labels: {},
      shell: [],
      history: [],
      diffIds: [],
    });
    assert.deepEqual(
      parse({
        created: 'yesterday',
        author: '',
        os: null,
        history: 'x',
        rootfs: null,
        config: {
          Entrypoint: null,
          Cmd: 7,
          Env: null,
          ExposedPorts: [],
          Labels: null,
          Healthcheck: 'x',
          User: '',
        },
      }),
      nothing,
    );
  });

  it('takes a lone string for a list of one, as old builders wrote it', () => {
    const config = parse({ config: { Entrypoint: '/bin/sh', Cmd: '' } });
    assert.deepEqual([config.entrypoint, config.cmd], [['/bin/sh'], []]);
  });

  it('takes year 1, which Go writes for no time, as unknown, and 1970 as a date', () => {
    assert.equal(parse({ created: '0001-01-01T00:00:00Z' }).created, undefined);
    assert.deepEqual(parse({ created: '1970-01-01T00:00:00Z' }).created, new Date(0));
  });

  it('keeps a place in the history for an entry it cannot read', () => {
    const { history } = parse({ history: [null, { created_by: 'RUN x' }] });
    assert.deepEqual(history, [
      { createdBy: '', emptyLayer: false },
      { createdBy: 'RUN x', emptyLayer: false },
    ]);
  });

  it('throws nothing but CoreError, whatever the blob holds', () => {
    for (const document of [null, 5, 'x', []]) {
      assert.throws(
        () => parse(document),
        (error) => error instanceof CoreError && error.details.reason === 'badImageConfig',
      );
    }
    assert.throws(
      () => parseImageConfig(Buffer.from('{')),
      (error) => error instanceof CoreError && error.details.reason === 'notJson',
    );
    const key = fc.constantFrom(
      'config',
      'history',
      'rootfs',
      'created',
      'os',
      'Env',
      'Labels',
      'ExposedPorts',
      'diff_ids',
    );
    const tree = fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())));
    fc.assert(
      fc.property(tree, (document) => Array.isArray(parse(document).history)),
      { numRuns: 500 },
    );
  });
});
