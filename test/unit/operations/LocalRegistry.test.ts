import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { Docker } from '../../../src/core/docker/Docker.ts';
import { DockerRunner } from '../../../src/core/docker/DockerRunner.ts';
import { LocalRegistry } from '../../../src/core/operations/LocalRegistry.ts';
import type { LocalRegistryOptions } from '../../../src/core/operations/LocalRegistry.ts';
import {
  buildRegistryImage,
  busyboxDockerfile,
  useDockerEngine,
  writeBuildContext,
} from '../../support/dockerEngine.ts';
import { freePort } from '../../support/servers/startProcess.ts';

const signal = new AbortController().signal;
const work = { signal };
const IMAGE = 'berth-test/registry:2';

describe('LocalRegistry', function () {
  this.timeout(60_000);
  const engine = useDockerEngine();
  // Names of this run only: the engine may be shared.
  const name = `berth-test-${process.pid}`;
  const volume = `${name}-data`;
  let docker: Docker;
  let registry: LocalRegistry;
  const options = (more: Partial<LocalRegistryOptions> = {}): LocalRegistryOptions => ({
    name,
    port: 0,
    image: IMAGE,
    deleteEnabled: true,
    ...more,
  });
  const fails = (kind: ErrorKind, reason?: string) => (error: unknown) =>
    isCoreError(error, kind) && (reason === undefined || error.details.reason === reason);
  const status = async (port: number) => (await fetch(`http://127.0.0.1:${port}/v2/`)).status;

  before('make the registry image', async () => {
    docker = new Docker(
      new DockerRunner(() => ({ program: 'docker', context: '', env: engine().env }), nullLogger),
    );
    registry = new LocalRegistry(docker, nullLogger, 5_000);
    await buildRegistryImage(engine(), [IMAGE]);
  });
  afterEach(() => registry.remove(name, { volume: true }, signal));

  it('makes a registry that answers, on 127.0.0.1 only, with deletion allowed', async () => {
    assert.deepEqual(await registry.inspect(name, signal), { state: 'absent' });
    const started = await registry.start(options({ volume }), work);
    assert.equal(started.outcome, 'created');
    assert.equal(started.host, `localhost:${started.port}`);
    assert.equal(await status(started.port), 200);
    assert.deepEqual(await registry.inspect(name, signal), {
      state: 'running',
      image: IMAGE,
      isOurs: true,
      port: started.port,
      volume,
    });
    assert.ok((await registry.list(signal)).includes(name));
    const reply = await fetch(`http://127.0.0.1:${started.port}/v2/none/manifests/sha256:${'0'.repeat(64)}`, {
      method: 'DELETE',
    });
    assert.equal(reply.status, 404, '405 would mean that deletion is disabled');
    const { ports } = await docker.containers.inspect(name, signal);
    assert.deepEqual(
      ports.map((port) => port.hostAddress),
      ['127.0.0.1'],
    );
  });

  it('reuses one that runs and starts one that was stopped, images and all', async () => {
    const { port } = await registry.start(options({ port: await freePort() }), work);
    assert.equal((await registry.start(options(), work)).outcome, 'reused');
    const upload = await fetch(`http://127.0.0.1:${port}/v2/kept/blobs/uploads/`, { method: 'POST' });
    assert.equal(upload.status, 202);
    await registry.stop(name, signal);
    assert.equal((await registry.inspect(name, signal)).state, 'stopped');
    await assert.rejects(status(port));
    const again = await registry.start(options(), work);
    assert.deepEqual([again.outcome, again.port], ['restarted', port]);
    assert.equal(await status(port), 200);
  });

  it('keeps the volume on removal unless told otherwise', async () => {
    const volumes = () => engine().docker('volume', 'ls', '--quiet', '--filter', `name=^${volume}$`);
    await registry.start(options({ volume }), work);
    await registry.remove(name, { volume: false }, signal);
    assert.equal(await volumes(), volume);
    assert.deepEqual(await registry.inspect(name, signal), { state: 'absent' });
    await registry.start(options({ volume }), work);
    await registry.remove(name, { volume: true }, signal);
    assert.equal(await volumes(), '');
  });

  it('says that the port is taken, by a program or by another container', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(registry.start(options({ port }), work), fails('conflict', 'portTaken'));
    await new Promise((resolve) => server.close(resolve));

    const other = new LocalRegistry(docker, nullLogger);
    const started = await other.start(options({ name: `${name}-other` }), work);
    try {
      await assert.rejects(
        registry.start(options({ port: started.port }), work),
        fails('conflict', 'portTaken'),
      );
      // Past the check, docker itself refuses, and leaves a container it could not start.
      await assert.rejects(
        docker.containers.runDetached(
          { image: IMAGE, name, publish: [`127.0.0.1:${started.port}:5000`] },
          signal,
        ),
        fails('conflict', 'portTaken'),
      );
    } finally {
      await other.remove(`${name}-other`, { volume: true }, signal);
    }
  });

  it('leaves a foreign container of that name alone', async () => {
    await docker.containers.runDetached({ image: IMAGE, name }, signal);
    await assert.rejects(registry.start(options(), work), fails('conflict', 'containerNameTaken'));
    assert.equal((await docker.containers.inspect(name, signal)).state, 'running');
  });

  it('takes over a registry that was started by hand', async () => {
    await docker.containers.runDetached({ image: IMAGE, name, publish: ['127.0.0.1::5000'] }, signal);
    assert.equal((await registry.start(options(), work)).outcome, 'reused');
    const state = await registry.inspect(name, signal);
    assert.ok(state.state === 'running' && !state.isOurs);
  });

  it('pulls an image that is missing', async () => {
    const { host } = await registry.start(options(), work);
    const remote = `${host.replace('localhost', '127.0.0.1')}/team/registry:2`;
    await docker.tag(IMAGE, remote, signal);
    const { digest } = await docker.push(remote, work);
    await docker.remove([remote], {}, signal);
    const second = `${name}-pulled`;
    let output = '';
    try {
      const { port } = await registry.start(options({ name: second, image: remote }), {
        signal,
        onOutput: (text) => (output += text),
      });
      assert.equal(await status(port), 200);
      assert.match(output, new RegExp(`Digest: ${digest!}`));
    } finally {
      await registry.remove(second, { volume: true }, signal);
      await docker.remove([remote], { force: true }, signal);
    }
  });

  it('tells why a container ended at once, and why one never answers', async () => {
    const image = `berth-test/no-registry:${process.pid}`;
    const build = async (instruction: string) => {
      const folder = await writeBuildContext(
        join(engine().folder, 'no-registry'),
        busyboxDockerfile(instruction),
      );
      await docker.build({ context: folder, tags: [image], output: 'load' }, work);
    };
    await build('ENTRYPOINT ["sh", "-c", "echo no config >&2; exit 4", "x"]');
    await assert.rejects(registry.start(options({ image }), work), (error) => {
      assert.ok(fails('dockerFailed', 'containerExited')(error));
      assert.ok(
        isCoreError(error) && error.details.exitCode === 4 && error.details.output?.includes('no config'),
      );
      return true;
    });
    await registry.remove(name, { volume: true }, signal);
    await build('ENTRYPOINT ["sh", "-c", "echo waiting; exec sleep 600", "x"]');
    const impatient = new LocalRegistry(docker, nullLogger, 700);
    await assert.rejects(impatient.start(options({ image }), work), fails('timeout', 'registryNotAnswering'));
    await registry.remove(name, { volume: true }, signal);
    await docker.remove([image], { force: true }, signal);
  });

  it('follows Cancel while it waits for an answer', async () => {
    const image = `berth-test/silent:${process.pid}`;
    const folder = await writeBuildContext(
      join(engine().folder, 'silent'),
      busyboxDockerfile('ENTRYPOINT ["sleep", "600"]\nCMD []'),
    );
    await docker.build({ context: folder, tags: [image], output: 'load' }, work);
    const controller = new AbortController();
    const start = registry.start(options({ image }), { signal: controller.signal });
    start.catch(() => undefined);
    while ((await registry.inspect(name, signal)).state !== 'running')
      await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    await assert.rejects(start, fails('cancelled'));
    await registry.remove(name, { volume: true }, signal);
    await docker.remove([image], { force: true }, signal);
  });

  for (const [what, wrong] of [
    ['name', { name: '--rm' }],
    ['volume', { volume: '/etc' }],
    ['port', { port: 70_000 }],
  ] as const) {
    it(`refuses an unfit ${what}`, async () => {
      await assert.rejects(registry.start(options(wrong), work), fails('invalidInput', what));
    });
  }
});
