/**
 * Runs the bundled suite of test/host in an extension host: in the server that set-up installed, or with --desktop in
 * a desktop VS Code that @vscode/test-electron downloads (VSCODE_VERSION chooses which).
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests, TestRunFailedError } from '@vscode/test-electron';

const ROOT = join(import.meta.dirname, '..');

const desktop = process.argv.includes('--desktop');
const home = await mkdtemp(join(tmpdir(), 'berth-host-'));
const workspace = join(home, 'workspace');
await mkdir(workspace);
try {
  process.exitCode = await runTests({
    ...(desktop
      ? { version: process.env['VSCODE_VERSION'] ?? 'stable' }
      : { vscodeExecutablePath: join(import.meta.dirname, 'vscode/serverAsDesktop.ts') }),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: join(ROOT, 'out/test/host/index.cjs'),
    extensionTestsEnv: {
      HOME: home,
      DOCKER_CONFIG: join(home, '.docker'),
      BERTH_SUITE: desktop ? 'desktop' : 'host',
    },
    launchArgs: [workspace, '--disable-extensions', `--user-data-dir=${join(home, 'data')}`],
  });
} catch (error) {
  if (!(error instanceof TestRunFailedError)) throw error;
  process.exitCode = 1; // the suite has said why
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
