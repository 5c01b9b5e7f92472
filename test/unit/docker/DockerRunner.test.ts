import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import type { ErrorKind } from '../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { DockerRunner } from '../../../src/core/docker/DockerRunner.ts';
import type { DockerCommand, OutputChunk } from '../../../src/core/docker/DockerRunner.ts';

const signal = new AbortController().signal;

describe('DockerRunner', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-runner-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program that is this shell script, run as docker would be. */
  async function runnerOf(script: string, name = 'docker', context = ''): Promise<DockerRunner> {
    const program = join(folder, name);
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o755);
    return new DockerRunner(() => ({ program, context, env: { FOLDER: folder } }), nullLogger);
  }
  const command = (more: Partial<DockerCommand<string>> = {}): DockerCommand<string> => ({
    args: ['image', 'ls'],
    parse: (stdout) => stdout,
    ...more,
  });
  const fails = (kind: ErrorKind, reason?: string) => (error: unknown) =>
    isCoreError(error, kind) && error.details.reason === reason;
  const exists = (pid: string) => {
    try {
      process.kill(Number(pid), 0);
      return true;
    } catch {
      return false;
    }
  };
  /** Waits for `condition`; mocha's timeout ends a condition that never comes. */
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('hands every argument over as it is, with no shell between', async () => {
    const runner = await runnerOf('for arg; do echo "[$arg]"; done');
    const args = ['tag', '--', '$(touch x); `id`', '*', 'a b', "it's"];
    assert.equal(await runner.run(command({ args }), { signal }), args.map((arg) => `[${arg}]\n`).join(''));
  });

  it('puts the context before the command', async () => {
    const docker = await runnerOf('echo "$@"', 'docker', 'remote');
    assert.equal(await docker.run(command(), { signal }), '--context remote image ls\n');
    const podman = await runnerOf('echo "$@"', 'podman', 'remote');
    assert.equal(await podman.run(command(), { signal }), '--connection remote image ls\n');
  });

  it('passes stdin and the environment of setting and command', async () => {
    const runner = await runnerOf('cat; echo "$FOLDER $DOCKER_BUILDKIT"');
    const output = await runner.run(command({ stdin: 'in\n', env: { DOCKER_BUILDKIT: '1' } }), { signal });
    assert.equal(output, `in\n${folder} 1\n`);
  });

  it('survives a program that never reads its stdin', async () => {
    const runner = await runnerOf('exec <&-; echo ok');
    assert.equal(await runner.run(command({ stdin: 'x'.repeat(1_000_000) }), { signal }), 'ok\n');
  });

  it('joins a character that was cut between two chunks', async () => {
    const runner = await runnerOf(`printf '\\303'; sleep 0.1; printf '\\274\\n'; printf '\\377' >&2`);
    const chunks: OutputChunk[] = [];
    assert.equal(await runner.run(command(), { signal, onOutput: (chunk) => chunks.push(chunk) }), 'ü\n');
    assert.deepEqual(
      chunks.filter((chunk) => chunk.stream === 'stderr').map((chunk) => chunk.text),
      ['\ufffd'],
    );
  });

  it('says that docker is missing', async () => {
    const runner = new DockerRunner(
      () => ({ program: join(folder, 'none'), context: '', env: {} }),
      nullLogger,
    );
    await assert.rejects(runner.run(command(), { signal }), fails('dockerMissing', 'notFound'));
  });

  it('says that the program may not be run', async () => {
    const runner = await runnerOf('true');
    await chmod(join(folder, 'docker'), 0o644);
    await assert.rejects(runner.run(command(), { signal }), fails('dockerMissing', 'notExecutable'));
  });

  it('refuses a program given by a relative path', async () => {
    const runner = new DockerRunner(() => ({ program: './docker', context: '', env: {} }), nullLogger);
    await assert.rejects(runner.run(command(), { signal }), fails('invalidInput', 'programPath'));
  });

  it('gives exit code and output of a failure, without what was written to stdin', async () => {
    const runner = await runnerOf(
      'read word; echo "told $word"; echo "see https://me:pw@host/x?token=abc" >&2; exit 7',
    );
    await assert.rejects(runner.run(command({ stdin: 'canary\n' }), { signal }), (error) => {
      assert.ok(isCoreError(error, 'dockerFailed'));
      assert.equal(error.details.exitCode, 7);
      assert.equal(error.details.output, 'told ***\n\nsee https://***@host/x?***');
      return true;
    });
  });

  it('does not wait for a grandchild that keeps the output open', async () => {
    const runner = await runnerOf('sleep 30 & echo $! > "$FOLDER/pid"; echo ok');
    assert.equal(await runner.run(command(), { signal }), 'ok\n');
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  });

  it('does not start when it was cancelled before', async () => {
    const runner = await runnerOf('touch "$FOLDER/ran"');
    await assert.rejects(runner.run(command(), { signal: AbortSignal.abort() }), fails('cancelled'));
    await assert.rejects(readFile(join(folder, 'ran')));
  });

  for (const stop of ['cancel', 'timeout'] as const) {
    it(`${stop} answers without waiting for processes that ignore SIGTERM, and kills the whole tree`, async () => {
      const runner = await runnerOf(
        `trap '' TERM; (trap '' TERM; sh -c 'trap "" TERM; echo $$ > "$FOLDER/child"; while :; do sleep 1; done') & echo $$ > "$FOLDER/parent"; wait; wait`,
      );
      const controller = new AbortController();
      const options = stop === 'cancel' ? { signal: controller.signal } : { signal, timeoutMs: 3_000 };
      const pidOf = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
      const run = runner.run(command(), options);
      run.catch(() => undefined);
      await until(async () => (await pidOf('child')) !== '' && (await pidOf('parent')) !== '');
      const [child, parent] = [await pidOf('child'), await pidOf('parent')];
      assert.ok(exists(child) && exists(parent));
      controller.abort();
      await assert.rejects(run, fails(stop === 'cancel' ? 'cancelled' : 'timeout'));
      assert.ok(exists(child) && exists(parent));
      await until(() => !exists(child) && !exists(parent));
    });
  }

  it('shows a command line without secrets, quoted for a shell', async () => {
    const runner = new DockerRunner(() => ({ program: 'docker', context: 'here', env: {} }), nullLogger);
    const args = [
      'build',
      '--build-arg=API_TOKEN=abc',
      '--build-arg=NAME=a b',
      '--',
      'https://me:pw@host/repo.git',
    ];
    assert.equal(
      runner.describe(command({ args, stdin: 'pw' })),
      "docker --context here build --build-arg=API_TOKEN=*** '--build-arg=NAME=a b' -- https://***@host/repo.git",
    );
  });
});
