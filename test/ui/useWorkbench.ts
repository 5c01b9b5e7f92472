/**
 * For mocha: call inside `describe`. The suite gets a VS Code of its own with the packaged extension installed, a
 * temporary home and a workspace, and its tests share one window. A failed test leaves a screenshot and the logs in
 * .vscode-test/failures.
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../scripts/vscode/launchBrowser.ts';
import { VsCodeServer, type Settings } from '../../scripts/vscode/VsCodeServer.ts';
import { Workbench, type WindowSize } from '../support/workbench/Workbench.ts';

const ROOT = join(import.meta.dirname, '../..');
const VSIX = join(ROOT, 'out/berth.vsix');
const FAILURES = join(ROOT, '.vscode-test/failures');

export interface WorkbenchOptions {
  readonly settings?: Settings;
  /** For the extension host: DOCKER_HOST, PATH, … HOME and DOCKER_CONFIG are inside the temporary home. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the workspace: path → content. */
  readonly files?: Readonly<Record<string, string>>;
  readonly size?: WindowSize;
}

export interface WorkbenchSuite {
  readonly workbench: Workbench;
  /** Its `writeSettings` takes effect in the open window. */
  readonly server: VsCodeServer;
  /** Temporary; the extension host's HOME. */
  readonly home: string;
  /** The opened folder. */
  readonly workspace: string;
}

/**
 * @param prepare called in a before hook: options may come from servers that earlier hooks started.
 * @returns what the suite's hooks have made; call it inside tests.
 */
export function useWorkbench(
  prepare: () => WorkbenchOptions | Promise<WorkbenchOptions> = () => ({}),
): () => WorkbenchSuite {
  let suite: WorkbenchSuite | undefined;
  let serverLog = '';
  const stack = new AsyncDisposableStack();

  before('open VS Code', async () => {
    const options = await prepare();
    const home = await mkdtemp(join(tmpdir(), 'berth-ui-'));
    stack.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
    const workspace = join(home, 'workspace');
    for (const [path, content] of Object.entries({ '.vscode/settings.json': '{}', ...options.files })) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), content);
    }
    serverLog = join(home, 'server.log');
    const server = await VsCodeServer.start({
      vsix: [VSIX],
      settings: options.settings ?? {},
      env: { HOME: home, DOCKER_CONFIG: join(home, '.docker'), ...options.env },
      logFile: serverLog,
    });
    stack.use(server);
    const browser = await sharedBrowser();
    const workbench = stack.use(await Workbench.open(browser, server.windowUrl(workspace), options.size));
    suite = { workbench, server, home, workspace };
  });

  afterEach('keep the evidence of a failure', async function () {
    if (this.currentTest?.state !== 'failed' || !suite) return;
    const folder = join(
      FAILURES,
      this.currentTest
        .fullTitle()
        .replaceAll(/[^\w.-]+/g, '-')
        .slice(0, 120),
    );
    await mkdir(folder, { recursive: true });
    await suite.workbench.page.screenshot({ path: join(folder, 'window.png') });
    await writeFile(join(folder, 'console.log'), suite.workbench.consoleLines.join('\n'));
    await cp(serverLog, join(folder, 'server.log'));
    await cp(join(suite.server.dataFolder, 'data/logs'), join(folder, 'logs'), { recursive: true });
    console.log(`      evidence: ${folder}`);
  });

  after('close VS Code', () => stack.disposeAsync());

  return () => {
    if (!suite) throw new Error('the workbench is there only inside hooks and tests');
    return suite;
  };
}

let browser: Promise<Browser> | undefined;

/** One browser for all suites (each has a context of its own); mocha's root hook below closes it. */
function sharedBrowser(): Promise<Browser> {
  return (browser ??= launchBrowser());
}

export const mochaHooks: Mocha.RootHookObject = {
  async afterAll() {
    await (await browser)?.close();
  },
};
