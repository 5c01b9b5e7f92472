/** Runs the suite of test/host in a desktop VS Code that @vscode/test-electron downloads (needs the network). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';

const ROOT = join(import.meta.dirname, '..');

const home = await mkdtemp(join(tmpdir(), 'berth-desktop-'));
// BERTH_VSCODE names another program that understands the same switches; VSCODE_VERSION an older VS Code.
const program = process.env['BERTH_VSCODE'];
try {
  process.exitCode = await runTests({
    ...(program === undefined ? {} : { vscodeExecutablePath: program }),
    version: process.env['VSCODE_VERSION'] ?? 'stable',
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: join(ROOT, 'out/test/host/index.cjs'),
    extensionTestsEnv: { BERTH_SUITE: 'desktop', DOCKER_CONFIG: join(home, '.docker') },
    launchArgs: [
      home,
      '--disable-extensions',
      '--disable-workspace-trust',
      '--user-data-dir',
      join(home, 'data'),
    ],
  });
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
