/** What the docker commands do around docker, in a real extension host, with a docker that writes down how it is called. */
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { runInTerminal } from '../../src/commands/images/runInTerminal.ts';
import { CoreError } from '../../src/core/common/CoreError.ts';
import { nullLogger } from '../../src/core/common/Logger.ts';
import { DockerRunner } from '../../src/core/docker/DockerRunner.ts';
import { readGitFacts } from '../../src/platform/gitFacts.ts';
import { wordError } from '../../src/platform/wordError.ts';

describe('Docker commands', () => {
  let folder: string;
  let program: string;
  const { signal } = new AbortController();

  before('a docker that writes down its arguments', async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-images-'));
    program = join(folder, 'docker');
    await writeFile(
      program,
      '#!/bin/sh\nprintf "%s\\n" "$@" "in $MARK" > "$0.args.new"\nmv "$0.args.new" "$0.args"\n',
    );
    await chmod(program, 0o755);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('run an image in a terminal that starts docker itself, in the chosen context and environment', async () => {
    const environment = { program, context: 'far', env: { MARK: 'here' } };
    const opened = new Promise<vscode.Terminal>((resolve) => {
      const subscription = vscode.window.onDidOpenTerminal((terminal) => {
        subscription.dispose();
        resolve(terminal);
      });
    });
    runInTerminal(new DockerRunner(() => environment, nullLogger), {
      id: 'sha256:0123',
      reference: 'localhost:5000/app:1; touch x',
    });
    const terminal = await opened;
    try {
      assert.equal(terminal.name, 'localhost:5000/app:1; touch x');
      const options = terminal.creationOptions as vscode.TerminalOptions;
      assert.equal(options.shellPath, program);
      const text = await untilThere(`${program}.args`);
      assert.deepEqual(text.trim().split('\n'), [
        '--context',
        'far',
        'run',
        '--interactive',
        '--tty',
        '--rm',
        '--',
        'localhost:5000/app:1; touch x',
        'in here',
      ]);
    } finally {
      terminal.dispose();
    }
  });

  it('learn from git what is checked out, and nothing where there is no checkout', async () => {
    assert.deepEqual(await readGitFacts(folder, signal), {});
    assert.deepEqual(await readGitFacts(join(folder, 'missing'), signal), {});
    const checkout = join(folder, 'checkout');
    await mkdir(checkout);
    const git = (...args: string[]) =>
      promisify(execFile)('git', ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args], {
        cwd: checkout,
      });
    await git('init', '--quiet', '--initial-branch=main');
    await writeFile(join(checkout, 'file'), 'one');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'first');
    await git('tag', 'v1.0.0');
    assert.deepEqual(await readGitFacts(checkout, signal), { gitDescribe: 'v1.0.0', branch: 'main' });
    await writeFile(join(checkout, 'file'), 'two');
    assert.equal((await readGitFacts(checkout, signal)).gitDescribe, 'v1.0.0-dirty');
  });

  it('word what docker refuses with the one thing to do next', () => {
    const word = (kind: CoreError['kind'], details: CoreError['details']) =>
      wordError(new CoreError(kind, 'for logs', details));
    assert.equal(word('forbidden', { reason: 'untrustedWorkspace' }).action, 'manageTrust');
    assert.match(
      word('dockerFailed', { reason: 'buildStepFailed', subject: 'RUN npm ci', output: 'a\nexit code 1' })
        .message,
      /step "RUN npm ci": exit code 1/,
    );
    assert.match(word('unsupported', { reason: 'multiPlatformNeedsBuildx' }).message, /buildx/);
    assert.match(word('conflict', { reason: 'imageInUse', subject: 'app:1' }).message, /container uses/);
    assert.match(
      word('unauthorized', { operation: 'docker push', subject: 'host:1/app', host: 'host:1' }).message,
      /"docker push" failed \(host:1\/app\)\. host:1 asks for valid credentials/,
    );
  });
});

/** The file's content once it is there; mocha's timeout ends the wait. */
async function untilThere(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
