/** Runs the bundled suite of test/host in the extension host of a real VS Code (server and browser workbench). */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { SUITE_STARTS } from '../test/host/index.ts';
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
  let suiteStarted = false;
  const before: string[] = [];
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    const line = format(...(type === 'error' ? ['[error]', ...args] : args));
    suiteStarted ||= line.includes(SUITE_STARTS);
    if (suiteStarted) console.log(line);
    else before.push(line);
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
  process.exitCode = await exit.finally(() => {
    clearTimeout(timer);
    if (!suiteStarted) console.log(before.join('\n'));
  });
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
