import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import type { Logger } from '../../../src/core/common/Logger.ts';
import { Docker } from '../../../src/core/docker/Docker.ts';
import { DockerRunner } from '../../../src/core/docker/DockerRunner.ts';
import type { ProgressState } from '../../../src/core/docker/progress/ProgressSummary.ts';
import { busyboxDockerfile, useDockerEngine, writeBuildContext } from '../../support/dockerEngine.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { freePort, type TestServer } from '../../support/servers/startProcess.ts';
import { findTool } from '../../support/tools.ts';

const run = promisify(execFile);
const PASSWORD = 'canary-Pa55word';
const signal = new AbortController().signal;

describe('Docker with a real engine', function () {
  this.timeout(60_000);
  const engine = useDockerEngine();
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const logger: Logger = { trace: log, debug: log, info: log, warn: log, error: log };
  const dockerOf = (program = 'docker', env: Record<string, string> = {}) =>
    new Docker(new DockerRunner(() => ({ program, context: '', env: { ...engine().env, ...env } }), logger));
  const fails = (kind: ErrorKind, reason?: string) => (error: unknown) =>
    isCoreError(error, kind) && (reason === undefined || error.details.reason === reason);
  const context = (name: string, dockerfile: string) =>
    writeBuildContext(join(engine().folder, name), dockerfile);
  const work = { signal };

  let registry: TestServer;
  before('start a registry that wants a password', async () => {
    registry = await startDistribution({ htpasswd: { username: 'me', password: PASSWORD } });
  });
  after(() => registry.stop());

  describe('building', () => {
    /** Every way this machine's clients can build, each held to the same behaviour. */
    const WAYS = [
      ['classic', async () => dockerOf(await withoutBuildx(engine().folder))],
      ['buildKit', async () => dockerOf(await oldClient())],
      ['buildxRawJson', async () => dockerOf('docker', await withBuildx(engine().folder))],
    ] as const;

    for (const [method, create] of WAYS) {
      it(`${method}: builds, tags, reports its steps and gives the image id`, async () => {
        const docker = await create();
        assert.equal((await docker.capabilities(signal)).buildMethod, method);
        const folder = await context(`build-${method}`, busyboxDockerfile(`ARG NAME\nRUN echo "made $NAME"`));
        const states: ProgressState[] = [];
        let output = '';
        const tag = `berth-test/${method.toLowerCase()}:1`;
        const result = await docker.build(
          { context: folder, tags: [tag], buildArgs: { NAME: method }, noCache: true, output: 'load' },
          { signal, onProgress: (state) => states.push(state), onOutput: (text) => (output += text) },
        );
        const image = await docker.inspectImage(tag, signal);
        assert.equal(result.imageId ?? result.digest, image.id);
        assert.match(output, new RegExp(`made ${method}`));
        assert.ok(states.some((state) => state.steps?.current?.name.startsWith('RUN')));
        assert.ok(result.progress.steps!.done >= 4);
        const listed = (await docker.images(signal)).find((entry) => entry.reference === tag);
        assert.equal(listed?.id, image.id);
        const removed = await docker.remove([tag], {}, signal);
        assert.deepEqual(removed.untagged, [tag]);
        await assert.rejects(docker.inspectImage(tag, signal), fails('notFound', 'imageUnknown'));
      });

      it(`${method}: tells which step failed`, async () => {
        const docker = await create();
        const folder = await context(`fail-${method}`, busyboxDockerfile('RUN exit 3'));
        await assert.rejects(
          docker.build({ context: folder, output: 'load' }, work),
          fails('dockerFailed', 'buildStepFailed'),
        );
      });

      it(`${method}: Cancel ends the build and what it runs`, async () => {
        const docker = await create();
        const marker = `86${WAYS.findIndex(([name]) => name === method)}99`;
        const folder = await context(
          `cancel-${method}`,
          busyboxDockerfile(`RUN echo started && sleep ${marker}`),
        );
        const controller = new AbortController();
        let output = '';
        const build = docker.build(
          { context: folder, noCache: true, output: 'load' },
          {
            signal: controller.signal,
            onOutput: (text) => {
              output += text;
              if (/^(#\d+ )?([\d.]+ )?started$/m.test(output)) controller.abort();
            },
          },
        );
        await assert.rejects(build, fails('cancelled'));
        const isRunning = async () => (await run('ps', ['-eo', 'args'])).stdout.includes(`sleep ${marker}`);
        while (await isRunning()) await new Promise((resolve) => setTimeout(resolve, 50));
      });
    }

    it('several platforms without buildx are refused with the reason', async () => {
      const folder = await context('platforms', busyboxDockerfile());
      await assert.rejects(
        dockerOf(await withoutBuildx(engine().folder)).build(
          { context: folder, platforms: ['linux/amd64', 'linux/arm64'], output: 'push' },
          work,
        ),
        fails('unsupported', 'multiPlatformNeedsBuildx'),
      );
    });

    it('lists builders and contexts', async () => {
      const docker = dockerOf('docker', await withBuildx(engine().folder));
      assert.ok((await docker.builders(signal)).some((builder) => builder.isCurrent));
      assert.ok((await docker.contexts(signal)).some((entry) => entry.name === 'default'));
      assert.deepEqual(await dockerOf(await withoutBuildx(engine().folder)).builders(signal), []);
    });
  });

  it('a push without credentials is told apart; after a login it gives the digest; a pull gives the same', async () => {
    const docker = dockerOf();
    const folder = await context('push', busyboxDockerfile('RUN head -c 100000 /dev/urandom > /noise'));
    const reference = `${registry.host}/team/app:1`;
    await docker.build({ context: folder, tags: [reference], output: 'load' }, work);
    await assert.rejects(docker.push(reference, work), fails('unauthorized', 'noCredentials'));
    await assert.rejects(
      docker.login({ registry: registry.host, username: 'me', password: 'wrong' }, signal),
      fails('unauthorized', 'wrongCredentials'),
    );

    await docker.login({ registry: registry.host, username: 'me', password: PASSWORD }, signal);
    const states: ProgressState[] = [];
    let output = '';
    const pushed = await docker.push(reference, {
      signal,
      onProgress: (state) => states.push(state),
      onOutput: (text) => (output += text),
    });
    assert.match(pushed.digest ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(states.at(-1)?.layers, { done: 3, total: 3, reused: 0 });
    assert.ok(states.some((state) => state.layers!.done < state.layers!.total));

    await docker.tag(reference, `${registry.host}/other/app:1`, signal);
    const again = await docker.push(`${registry.host}/other/app:1`, work);
    assert.equal(again.digest, pushed.digest);
    assert.equal(again.progress.layers?.reused, 3);

    await docker.remove([reference, `${registry.host}/other/app:1`], { force: true }, signal);
    const pulled = await docker.pull(reference, 'linux/amd64', work);
    assert.equal(pulled.digest, pushed.digest);
    await assert.rejects(
      docker.pull(`${registry.host}/team/app:none`, undefined, work),
      fails('notFound', 'manifestUnknown'),
    );
    await docker.remove([reference], {}, signal);

    await docker.logout(registry.host, signal);
    await assert.rejects(docker.pull(reference, undefined, work), fails('unauthorized'));
    assert.doesNotMatch(logged.join('\n') + output, new RegExp(PASSWORD));
    assert.ok(logged.some((line) => line.includes('login --username=me --password-stdin')));
  });

  it('pushes what a builder without push has built', async () => {
    const docker = dockerOf();
    await docker.login({ registry: registry.host, username: 'me', password: PASSWORD }, signal);
    const folder = await context('build-push', busyboxDockerfile());
    const tags = [`${registry.host}/built/app:1`, `${registry.host}/built/app:latest`];
    const result = await docker.build({ context: folder, tags, output: 'push' }, work);
    const pulled = await docker.pull(tags[1]!, undefined, work);
    assert.equal(result.digest, pulled.digest);
    await docker.remove(tags, {}, signal);
    await docker.logout(registry.host, signal);
  });

  it('prunes dangling images and no others', async () => {
    const docker = dockerOf();
    const folder = await context('dangling', busyboxDockerfile('LABEL berth=dangling'));
    const { imageId } = await docker.build({ context: folder, noCache: true, output: 'load' }, work);
    assert.ok((await docker.images(signal)).some((image) => image.id === imageId && image.dangling));
    const { deleted } = await docker.prune(signal);
    assert.ok(deleted.includes(imageId!));
  });

  it('says that no engine answers', async () => {
    const port = await freePort();
    for (const host of ['unix:///nowhere/docker.sock', `tcp://127.0.0.1:${port}`]) {
      await assert.rejects(
        dockerOf('docker', { DOCKER_HOST: host }).images(signal),
        fails('dockerUnreachable', 'daemonNotRunning'),
      );
    }
  });

  it('asks for capabilities once, and again when the environment changed', async () => {
    let context = '';
    const docker = new Docker(
      new DockerRunner(() => ({ program: 'docker', context, env: engine().env }), logger),
    );
    const asked = () => logged.filter((line) => /^docker: docker .*version --format/.test(line)).length;
    const before = asked();
    await docker.capabilities(signal);
    await docker.capabilities(signal);
    assert.equal(asked() - before, 1);
    context = 'none-such';
    await assert.rejects(docker.capabilities(signal), fails('dockerUnreachable', 'contextNotFound'));
  });
});

/** A docker configuration whose plugin folder holds buildx. */
async function withBuildx(folder: string): Promise<{ DOCKER_CONFIG: string }> {
  const config = join(folder, 'config-buildx');
  const plugin = join(config, 'cli-plugins', 'docker-buildx');
  await access(plugin).catch(async () => {
    await mkdir(join(config, 'cli-plugins'), { recursive: true });
    await copyFile(findTool('buildx'), plugin);
    await chmod(plugin, 0o755);
  });
  return { DOCKER_CONFIG: config };
}

/** The docker of this machine, answering as one without the buildx plugin does, wherever that plugin is installed. */
async function withoutBuildx(folder: string): Promise<string> {
  const program = join(folder, 'docker');
  const refusal = `docker: 'buildx' is not a docker command.`;
  await writeFile(
    program,
    `#!/bin/sh\n[ "$1" != buildx ] || { echo "${refusal}" >&2; exit 1; }\nexec docker "$@"\n`,
  );
  await chmod(program, 0o755);
  return program;
}

/** A client that carries BuildKit itself. */
async function oldClient(): Promise<string> {
  const program = process.env['BERTH_TEST_OLD_DOCKER'] ?? '/usr/bin/docker';
  const { stdout } = await run(program, ['--version']);
  if (Number(/version (\d+)/.exec(stdout)?.[1]) < 23) return program;
  throw new Error(
    `a docker client before 23 is needed (BERTH_TEST_OLD_DOCKER; Debian 12's docker.io): ${stdout}`,
  );
}
