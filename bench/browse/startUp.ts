/** What a window pays for the extension before it is used: the bundle as it ships, and its activation. */
import { execFile } from 'node:child_process';
import { glob, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../scripts/vscode/launchBrowser.ts';
import { VsCodeServer } from '../../scripts/vscode/VsCodeServer.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { median } from '../medianTimes.ts';
import type { Activation } from './activationProbe.ts';

const ROOT = join(import.meta.dirname, '../..');
const WINDOWS = 5;
const WINDOW_DEADLINE_MS = 60_000;
/** What the build reads and VS Code looks for beside `dist`. */
const SOURCES = ['package.json', 'package.nls.json', 'l10n', 'media', 'src', 'node_modules', 'tsconfig.json'];

export const startUp: BenchGroup = {
  area: 'browse',
  title: 'Start',
  async run(note) {
    const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
    try {
      const extension = join(folder, 'extension');
      const size = await buildForProduction(extension);
      const probe = join(folder, 'activationProbe.cjs');
      await build({
        entryPoints: [join(import.meta.dirname, 'activationProbe.ts')],
        outfile: probe,
        bundle: true,
        format: 'cjs',
        platform: 'node',
        external: ['vscode'],
      });
      const windows = await activateInWindows(folder, extension, probe);
      const clock = windows.map(({ loadMs, activateMs }) => loadMs + activateMs);
      note(`activation by the clock, others' work included, in ${WINDOWS} windows: ${clock.join(', ')} ms`);
      note(`loaded on first use, beside the main bundle: ${toKB(size.laterInBytes)} KB`);
      for (const { cloud, ownInBytes } of size.clouds) note(`of that for ${cloud}: ${toKB(ownInBytes)} KB`);
      return [
        absoluteRow({
          area: 'browse',
          name: 'main bundle, minified',
          unit: 'KB',
          ours: toKB(size.mainInBytes),
          bar: 400,
        }),
        ...size.clouds.map(({ cloud, elsewhereInBytes }) =>
          absoluteRow({
            area: 'browse',
            name: `what only ${cloud} needs, read without it`,
            unit: 'KB',
            ours: toKB(elsewhereInBytes),
            bar: 0,
          }),
        ),
        absoluteRow({
          area: 'browse',
          name: 'activation: work of the extension host',
          unit: 'ms',
          ours: median(windows.map(({ threadMs }) => threadMs)),
          bar: 50,
        }),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

interface BundleSize {
  /** What activation reads. */
  readonly mainInBytes: number;
  /** Chunks and the HTTP client. */
  readonly laterInBytes: number;
  readonly clouds: readonly CloudSize[];
}

interface CloudSize {
  readonly cloud: string;
  readonly ownInBytes: number;
  /** What of it activation, or the first use of anything that is not this cloud's, reads. */
  readonly elsewhereInBytes: number;
}

/** What only one cloud needs, and the sources that may load it. */
const CLOUDS = [
  {
    cloud: 'AWS',
    libraries: /node_modules\/@(?:aws-sdk|aws-crypto|smithy)\//,
    own: /\/(?:aws|[eE]cr)/,
  },
  {
    cloud: 'Google',
    libraries: /node_modules\/(?:google-|gaxios|gcp-|gtoken|jws)/,
    own: /\/(?:google|Google)/,
  },
  // Spoken to without a library of its maker: its provider stands for one.
  {
    cloud: 'Azure',
    libraries: /node_modules\/@azure\/|providers\/AcrProvider\.ts$/,
    own: /\/(?:azure|[aA]cr)/,
  },
] as const;

/** What esbuild says of the files it wrote. */
interface Metafile {
  readonly mainBundleInBytes: number;
  readonly outputs: Readonly<Record<string, MetafileOutput>>;
}

interface MetafileOutput {
  readonly entryPoint?: string;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
}

/** Builds what ships into a folder of its own: the build somebody works with stays. */
async function buildForProduction(folder: string): Promise<BundleSize> {
  await mkdir(folder);
  for (const name of SOURCES) await symlink(join(ROOT, name), join(folder, name));
  await promisify(execFile)(process.execPath, [join(ROOT, 'esbuild.mjs'), '--production'], { cwd: folder });
  const meta = JSON.parse(await readFile(join(folder, 'out/meta.json'), 'utf8')) as Metafile;
  let allInBytes = 0;
  for await (const file of glob('dist/*.{js,cjs}', { cwd: folder }))
    allInBytes += (await stat(join(folder, file))).size;
  return {
    mainInBytes: meta.mainBundleInBytes,
    laterInBytes: allInBytes - meta.mainBundleInBytes,
    clouds: CLOUDS.map((cloud) => cloudSizeOf(meta, cloud)),
  };
}

/** Every entry of the bundle that is a source of ours, with all that is read before its first line runs. */
function cloudSizeOf({ outputs }: Metafile, { cloud, libraries, own }: (typeof CLOUDS)[number]): CloudSize {
  const sizeOf = (file: string): number =>
    Object.entries(outputs[file]!.inputs)
      .filter(([input]) => libraries.test(input))
      .reduce((total, [, { bytesInOutput }]) => total + bytesInOutput, 0);
  const elsewhere = new Set<string>();
  const visit = (file: string): void => {
    if (elsewhere.has(file)) return;
    elsewhere.add(file);
    for (const { path, kind, external } of outputs[file]!.imports) {
      if (!external && kind === 'import-statement') visit(path);
    }
  };
  for (const [file, { entryPoint }] of Object.entries(outputs)) {
    // What a cloud's library loads later is its own affair.
    const isOurs = entryPoint !== undefined && !entryPoint.includes('node_modules/');
    if (isOurs && !own.test(entryPoint)) visit(file);
  }
  const total = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + sizeOf(file), 0);
  return { cloud, ownInBytes: total(Object.keys(outputs)), elsewhereInBytes: total(elsewhere) };
}

function toKB(bytes: number): number {
  return Math.round(bytes / 1024);
}

/** One window (and so one extension host) after the other. */
async function activateInWindows(folder: string, extension: string, probe: string): Promise<Activation[]> {
  const [workspace, home] = [join(folder, 'workspace'), join(folder, 'home')];
  await mkdir(workspace);
  await mkdir(home);
  await using server = await VsCodeServer.start({
    smokeTestDriver: true,
    env: { HOME: home, DOCKER_CONFIG: join(home, '.docker') },
  });
  await using browser = await launchBrowser();
  const url = server.windowUrl(workspace, [
    ['extensionDevelopmentPath', server.remoteUri(extension)],
    ['extensionTestsPath', server.remoteUri(probe)],
  ]);
  const times: Activation[] = [];
  // The first window's host reads every file from a cold disk; it is not counted.
  for (let window = 0; window <= WINDOWS; window += 1) {
    const time = await activateInWindow(browser, url);
    if (window > 0) times.push(time);
  }
  return times;
}

/** @throws Error with what the extension host printed when the probe failed. */
async function activateInWindow(browser: Browser, url: string): Promise<Activation> {
  const page = await browser.newPage();
  const { promise: exit, resolve, reject } = Promise.withResolvers<number>();
  const printed: string[] = [];
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    printed.push(args.map(String).join(' '));
  });
  await page.exposeFunction('codeAutomationExit', resolve);
  const timer = setTimeout(() => reject(new Error('the window did not answer')), WINDOW_DEADLINE_MS);
  try {
    await page.goto(url);
    const code = await exit;
    const json = printed.map((line) => /\{"loadMs".*\}/.exec(line)?.[0]).find((match) => match !== undefined);
    if (code !== 0 || json === undefined) throw new Error(printed.slice(-20).join('\n'));
    return JSON.parse(json) as Activation;
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}
