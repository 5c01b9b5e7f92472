import assert from 'node:assert/strict';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { buildCommand } from '../../../../src/core/docker/commands/buildCommand.ts';
import { buildxBuildCommand } from '../../../../src/core/docker/commands/buildxBuildCommand.ts';
import { containerInspectCommand } from '../../../../src/core/docker/commands/containerInspectCommand.ts';
import { containerLogsCommand } from '../../../../src/core/docker/commands/containerLogsCommand.ts';
import { containerRmCommand } from '../../../../src/core/docker/commands/containerRmCommand.ts';
import { containerStartCommand } from '../../../../src/core/docker/commands/containerStartCommand.ts';
import { containerStopCommand } from '../../../../src/core/docker/commands/containerStopCommand.ts';
import { imageInspectCommand } from '../../../../src/core/docker/commands/imageInspectCommand.ts';
import { loginCommand } from '../../../../src/core/docker/commands/loginCommand.ts';
import { logoutCommand } from '../../../../src/core/docker/commands/logoutCommand.ts';
import { pullCommand } from '../../../../src/core/docker/commands/pullCommand.ts';
import { pushCommand } from '../../../../src/core/docker/commands/pushCommand.ts';
import { rmiCommand } from '../../../../src/core/docker/commands/rmiCommand.ts';
import { runCommand } from '../../../../src/core/docker/commands/runCommand.ts';
import { tagCommand } from '../../../../src/core/docker/commands/tagCommand.ts';
import { volumeRmCommand } from '../../../../src/core/docker/commands/volumeRmCommand.ts';
import type { DockerCommand } from '../../../../src/core/docker/DockerRunner.ts';

/** Every place of a command where a value from a person or a registry lands. */
const WITH_VALUE: Readonly<Record<string, (value: string) => DockerCommand<unknown>>> = {
  'build context': (value) => buildCommand({ builder: 'classic', context: value }),
  'buildx build context': (value) =>
    buildxBuildCommand({ context: value, output: 'load', progress: 'plain' }),
  'container inspect': (value) => containerInspectCommand(value),
  'container logs': (value) => containerLogsCommand(value, 5),
  'container rm': (value) => containerRmCommand(value),
  'container start': (value) => containerStartCommand(value),
  'container stop': (value) => containerStopCommand(value),
  'image inspect': (value) => imageInspectCommand(value),
  'login registry': (value) => loginCommand({ registry: value, username: 'me', password: 'pw' }),
  logout: (value) => logoutCommand(value),
  pull: (value) => pullCommand(value),
  push: (value) => pushCommand({ reference: value }),
  rmi: (value) => rmiCommand(['a', value]),
  run: (value) => runCommand({ image: value }),
  'tag source': (value) => tagCommand(value, 'a'),
  'tag target': (value) => tagCommand('a', value),
  'volume rm': (value) => volumeRmCommand(value),
};

const IN_OPTION: Readonly<Record<string, (value: string) => DockerCommand<unknown>>> = {
  dockerfile: (dockerfile) => buildCommand({ builder: 'classic', context: '/c', dockerfile }),
  target: (target) => buildCommand({ builder: 'classic', context: '/c', target }),
  tag: (tag) => buildCommand({ builder: 'classic', context: '/c', tags: [tag] }),
  platform: (platform) =>
    buildCommand({ builder: 'classic', context: '/c', platforms: ['linux/amd64', platform] }),
  'build argument': (name) => buildCommand({ builder: 'classic', context: '/c', buildArgs: { [name]: '1' } }),
  builder: (builder) => buildxBuildCommand({ context: '/c', output: 'load', progress: 'plain', builder }),
  'pull platform': (platform) => pullCommand('a', platform),
  'user name': (username) => loginCommand({ username, password: 'pw' }),
  'container name': (name) => runCommand({ image: 'a', name }),
  volume: (volume) => runCommand({ image: 'a', volumes: [volume] }),
};

describe('docker commands', () => {
  for (const [name, create] of Object.entries(WITH_VALUE)) {
    it(`${name}: the value stands behind --`, () => {
      const { args } = create('value');
      assert.ok(args.indexOf('--') > 0 && args.indexOf('--') < args.indexOf('value'), args.join(' '));
    });
  }

  for (const [name, create] of Object.entries({ ...WITH_VALUE, ...IN_OPTION })) {
    it(`${name}: refuses a value that could be an option or breaks a line`, () => {
      for (const value of ['--privileged', 'a\nb', 'a\0b']) {
        assert.throws(
          () => create(value),
          (error) => isCoreError(error, 'invalidInput'),
          value,
        );
      }
    });
  }

  it('build: says everything that was chosen', () => {
    const source = {
      context: '/work/app',
      dockerfile: '/work/app/Containerfile',
      target: 'prod',
      buildArgs: { VERSION: '1.2=3', EMPTY: '' },
      labels: { 'org.x': 'y z' },
      platforms: ['linux/amd64', 'linux/arm64'],
      tags: ['a:1', 'localhost:5000/a:1'],
      noCache: true,
      pull: true,
    };
    const expected = [
      '--file=/work/app/Containerfile',
      '--target=prod',
      '--platform=linux/amd64,linux/arm64',
      '--tag=a:1',
      '--tag=localhost:5000/a:1',
      '--build-arg=VERSION=1.2=3',
      '--build-arg=EMPTY=',
      '--label=org.x=y z',
      '--no-cache',
      '--pull',
      '--',
      '/work/app',
    ];
    assert.deepEqual(buildCommand({ ...source, builder: 'classic' }).args, ['build', ...expected]);
    assert.deepEqual(
      buildxBuildCommand({
        ...source,
        output: 'push',
        progress: 'rawjson',
        builder: 'farm',
        metadataFile: '/m',
      }).args,
      [
        'buildx',
        'build',
        '--progress=rawjson',
        '--push',
        '--builder=farm',
        '--metadata-file=/m',
        ...expected,
      ],
    );
  });

  it('build: switches BuildKit by the environment', () => {
    const env = (builder: 'classic' | 'buildKit' | 'podman') => buildCommand({ builder, context: '/c' }).env;
    assert.deepEqual(
      [env('classic'), env('buildKit'), env('podman')],
      [{ DOCKER_BUILDKIT: '0' }, { DOCKER_BUILDKIT: '1' }, undefined],
    );
  });

  it('login: the password is on stdin and nowhere else', () => {
    const command = loginCommand({ registry: 'localhost:5000', username: 'me', password: 'canary' });
    assert.equal(command.stdin, 'canary');
    assert.doesNotMatch(JSON.stringify([command.args, command.env]), /canary/);
    assert.throws(
      () => loginCommand({ username: 'me', password: '' }),
      (error) => isCoreError(error, 'invalidInput'),
    );
    assert.throws(
      () => loginCommand({ username: 'me', password: 'a\nb' }),
      (error) => isCoreError(error, 'invalidInput'),
    );
  });

  it('run: what follows the image belongs to the container', () => {
    const { args } = runCommand({ image: 'a', interactive: true, remove: true, command: ['sh', '-c', 'id'] });
    assert.deepEqual(args, ['run', '--interactive', '--tty', '--rm', '--', 'a', 'sh', '-c', 'id']);
  });
});
