/**
 * Brings up a registry with samples and opens VS Code on it; Ctrl+C (or closing the desktop window) ends everything.
 * --desktop: the `code` on PATH instead of the browser. --check: looks for itself, headless, and ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findTool } from '../../test/support/tools.ts';
import { Workbench } from '../../test/support/workbench/Workbench.ts';
import { launchBrowser } from '../vscode/launchBrowser.ts';
import { VsCodeServer } from '../vscode/VsCodeServer.ts';
import { startLocalRegistry } from './startLocalRegistry.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUN = join(ROOT, '.berth-run');
const WORKSPACE = join(RUN, 'workspace');
const CONNECTION_NAME = 'Local samples';

const { values: flags } = parseArgs({
  options: { check: { type: 'boolean', default: false }, desktop: { type: 'boolean', default: false } },
});

const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);

await using stack = new AsyncDisposableStack();
await runNode(flags.desktop ? 'esbuild.mjs' : 'scripts/package.ts');
const registry = stack.use(await startLocalRegistry(join(RUN, 'registry')));
await runNode('scripts/samples/fill.ts', '--url', registry.url);
await writeWorkspace(registry.url);

if (flags.desktop) {
  await Promise.race([openDesktop(), interrupted]);
} else {
  const server = stack.use(
    await VsCodeServer.start({
      vsix: [join(ROOT, 'out/berth.vsix')],
      ...(flags.check ? {} : { dataFolder: join(RUN, 'vscode') }),
    }),
  );
  const url = server.windowUrl(WORKSPACE);
  if (flags.check) {
    await lookAtTag(url);
  } else {
    console.log(`\nBerth is open at ${url}\nThe registry is at ${registry.url}. Ctrl+C ends both.`);
    await interrupted;
  }
}

async function runNode(...args: readonly string[]): Promise<void> {
  const [code] = (await once(spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }), 'exit')) as [
    number | null,
  ];
  if (code !== 0) throw new Error(`${args[0]} failed`);
}

/** A folder with something to build, and the connection in its settings. */
async function writeWorkspace(registryUrl: string): Promise<void> {
  await cp(join(import.meta.dirname, 'workspace'), WORKSPACE, { recursive: true });
  await mkdir(join(WORKSPACE, '.vscode'), { recursive: true });
  const settings = {
    'berth.connections': [
      { name: CONNECTION_NAME, url: registryUrl, auth: 'anonymous', allowInsecureHttp: true },
    ],
  };
  await writeFile(join(WORKSPACE, '.vscode/settings.json'), JSON.stringify(settings, null, 2));
}

/** Resolves when the window is closed. */
async function openDesktop(): Promise<void> {
  const args = [
    ...['--extensionDevelopmentPath', ROOT, '--user-data-dir', join(RUN, 'desktop')],
    ...['--disable-workspace-trust', '--new-window', '--wait', WORKSPACE],
  ];
  await once(spawn(findTool('code'), args, { stdio: 'inherit' }), 'exit');
}

/** @throws Error when the tree does not open down to a tag. */
async function lookAtTag(url: string): Promise<void> {
  await using browser = await launchBrowser();
  await using workbench = await Workbench.open(browser, url);
  await workbench.showContainer('Berth');
  const tag = await workbench.view('Registries').item(CONNECTION_NAME, 'samples', 'web-app', 'v2.0.0');
  await tag.select();
  await tag.waitForDescription(/\d/); // its age and size, which come last
  console.log(`Seen: ${await tag.accessibleName()}`);
  console.log(`Screenshot: ${await workbench.shot('start-check')}`);
}
