/**
 * A real VS Code without a desktop: the server and browser workbench that set-up puts into .vscode-test/code-server
 * (the extension host is the one a remote window uses). One server, one temporary home, ended with all its children.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');
const SERVER_MAIN = join(
  ROOT,
  '.vscode-test/code-server/node_modules/code-server/lib/vscode/out/server-main.js',
);

/** Quiet enough for a test and a first look: nothing of VS Code's own opens by itself. */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'security.workspace.trust.enabled': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'telemetry.telemetryLevel': 'off',
};

export type Settings = Readonly<Record<string, unknown>>;

export interface VsCodeServerOptions {
  /** Given to the server, and so to the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Settings;
  /** VSIX files to install before the start. */
  readonly vsix?: readonly string[];
  /** Where to keep data between runs; a temporary folder that goes with the server unless given. */
  readonly dataFolder?: string;
  /** Lets a window take `payload` (to run a suite in the extension host). It also hides every notification. */
  readonly smokeTestDriver?: boolean;
  /** What the server prints goes here. */
  readonly logFile?: string;
}

export class VsCodeServer implements AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly dataFolder: string;
  readonly #child: ChildProcess;
  readonly #isTemporary: boolean;

  private constructor(url: string, dataFolder: string, child: ChildProcess, isTemporary: boolean) {
    this.url = url;
    this.dataFolder = dataFolder;
    this.#child = child;
    this.#isTemporary = isTemporary;
  }

  /** @throws Error with the server's output when it does not come up within 60 s. */
  static async start(options: VsCodeServerOptions = {}): Promise<VsCodeServer> {
    const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'berth-vscode-')));
    await writeMachineSettings(dataFolder, options.settings ?? {});
    const common = ['--accept-server-license-terms', '--server-data-dir', dataFolder];
    for (const file of options.vsix ?? []) {
      const install = startNode([...common, '--install-extension', file, '--force'], options.env);
      await untilPrinted(install, /was successfully installed/, options.logFile);
      await ended(install);
    }
    const child = startNode(
      [
        ...common,
        ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--disable-telemetry'],
        '--disable-workspace-trust',
        ...(options.smokeTestDriver === true ? ['--enable-smoke-test-driver'] : []),
      ],
      options.env,
    );
    try {
      const [, port] = await untilPrinted(child, /listening on (\d+)/, options.logFile);
      return new VsCodeServer(
        `http://127.0.0.1:${port}`,
        dataFolder,
        child,
        options.dataFolder === undefined,
      );
    } catch (error) {
      await stopGroup(child);
      throw error;
    }
  }

  /** Address of a window on `folder`; `payload` as the smoke test driver reads it. */
  windowUrl(folder: string, payload: readonly (readonly [string, string])[] = []): string {
    const query = new URLSearchParams({ folder });
    if (payload.length > 0) query.set('payload', JSON.stringify(payload));
    return `${this.url}/?${query.toString()}`;
  }

  /** A file or folder as the window names it. */
  remoteUri(path: string): string {
    return `vscode-remote://${new URL(this.url).host}${path}`;
  }

  /** Takes effect in open windows at once. */
  async writeSettings(settings: Settings): Promise<void> {
    await writeMachineSettings(this.dataFolder, settings);
  }

  async stop(): Promise<void> {
    await stopGroup(this.#child);
    if (this.#isTemporary) await rm(this.dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function writeMachineSettings(dataFolder: string, settings: Settings): Promise<void> {
  const folder = join(dataFolder, 'data/Machine');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
}

function startNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, [SERVER_MAIN, ...args], {
    // A process group of its own, so that extension hosts and terminals end with the server.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  // For the ways out that dispose of nothing: process.exit(), an uncaught error.
  const kill = (): void => signalGroup(child, 'SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Resolves with the match as soon as a printed line has it; keeps draining afterwards. */
async function untilPrinted(
  child: ChildProcess,
  pattern: RegExp,
  logFile?: string,
): Promise<RegExpExecArray> {
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  const printed: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface(stream).on('line', (line) => {
      log?.write(`${line}\n`);
      if (printed.length < 200) printed.push(line);
      const match = pattern.exec(line);
      if (match) resolve(match);
    });
  }
  const fail = (why: string) => reject(new Error(`VS Code's server ${why}\n${printed.join('\n')}`));
  child.once('error', (error) => fail(`did not start: ${error.message}. Run "npm run setup".`));
  child.once('close', (code) => {
    log?.end();
    fail(`ended with ${code}. Is set-up done ("npm run setup")?`);
  });
  const timer = setTimeout(() => fail('did not come up within 60 s'), 60_000);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

async function stopGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 5000);
  await ended(child);
  clearTimeout(timer);
  signalGroup(child, 'SIGKILL');
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // The whole group has ended already.
  }
}
