/** Runs the bundled suite of test/host in the extension host of a real VS Code (server and browser workbench). */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from './vscode/launchBrowser.ts';
import { VsCodeServer } from './vscode/VsCodeServer.ts';

const ROOT = join(import.meta.dirname, '..');
const LOGS = join(ROOT, '.vscode-test/logs');
const DEADLINE_MS = 10 * 60_000;

await mkdir(LOGS, { recursive: true });
const home = await mkdtemp(join(tmpdir(), 'berth-host-'));
const workspace = join(home, 'workspace');
await mkdir(workspace);
try {
  await using server = await VsCodeServer.start({
    env: { HOME: home, DOCKER_CONFIG: join(home, '.docker'), BERTH_SUITE: 'host' },
    smokeTestDriver: true,
    logFile: join(LOGS, 'host-server.log'),
  });
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  const { promise: exit, resolve, reject } = Promise.withResolvers<number>();
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    console.log(...(type === 'error' ? ['[error]', ...args] : args));
  });
  await page.exposeFunction('codeAutomationExit', resolve);
  page.once('close', () => reject(new Error('the window closed before the suite ended')));
  const timer = setTimeout(
    () => reject(new Error(`the suite did not end within ${DEADLINE_MS} ms`)),
    DEADLINE_MS,
  );
  await page.goto(
    server.windowUrl(workspace, [
      ['extensionDevelopmentPath', server.remoteUri(ROOT)],
      ['extensionTestsPath', server.remoteUri(join(ROOT, 'out/test/host/index.cjs'))],
    ]),
  );
  process.exitCode = await exit;
  clearTimeout(timer);
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
