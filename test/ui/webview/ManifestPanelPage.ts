/**
 * The manifest panel in a browser without VS Code around it: the real page, its real content security policy and
 * the real session behind it; only `acquireVsCodeApi` and the theme's colours are stood in for.
 */
import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import * as esbuild from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../../scripts/vscode/launchBrowser.ts';
import { panelHtml } from '../../../src/panels/panelHtml.ts';
import {
  ManifestPanelSession,
  type ManifestPanelDependencies,
} from '../../../src/panels/manifest/ManifestPanelSession.ts';
import type { ManifestRequest, PanelStrings } from '../../../src/panels/manifest/manifestPanelProtocol.ts';
import { THEMES, type ThemeName } from './themes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NONCE = 'dGVzdA';
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.ttf': 'font/ttf',
};

export interface PanelPageOptions {
  readonly request: ManifestRequest;
  readonly dependencies: ManifestPanelDependencies;
  readonly fullReference: string;
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** State kept by an earlier page. */
  readonly state?: unknown;
}

/** One browser and the built bundle, for as many pages as a suite opens. */
export class ManifestPanelPages implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #strings: PanelStrings;

  private constructor(browser: Browser, server: Server, strings: PanelStrings) {
    this.#browser = browser;
    this.#server = server;
    this.#strings = strings;
  }

  static async start(): Promise<ManifestPanelPages> {
    const [bundle, strings] = await Promise.all([buildBundle(), readStrings()]);
    const server = createServer((request, response) => {
      const name = basename(new URL(request.url ?? '/', 'http://panel').pathname);
      const respond = (body: Uint8Array | string, type: string) =>
        response.writeHead(200, { 'content-type': type }).end(body);
      if (bundle.has(name)) {
        respond(bundle.get(name)!, TYPES[extname(name)]!);
      } else if (name.startsWith('codicon.')) {
        readFile(join(ROOT, 'node_modules/@vscode/codicons/dist', name)).then(
          (body) => respond(body, TYPES[extname(name)]!),
          () => response.writeHead(404).end(),
        );
      } else {
        const { port } = server.address() as AddressInfo;
        respond(pageHtml(`http://127.0.0.1:${port}`), 'text/html');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await launchBrowser();
    return new ManifestPanelPages(browser, server, strings);
  }

  async open(options: PanelPageOptions): Promise<ManifestPanelPage> {
    const { port } = this.#server.address() as AddressInfo;
    const page = await this.#browser.newPage({
      viewport: { width: options.width ?? 1000, height: options.height ?? 800 },
    });
    const opened = new ManifestPanelPage(page, options, this.#strings);
    await opened.load(`http://127.0.0.1:${port}/`);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One panel: the page, and what its script did that nobody wanted. */
export class ManifestPanelPage {
  readonly page: Page;
  /** Script errors, and violations of the content security policy. */
  readonly problems: string[] = [];
  readonly #options: PanelPageOptions;
  readonly #session: ManifestPanelSession;
  /** What the page kept with `setState`. */
  state: unknown;

  constructor(page: Page, options: PanelPageOptions, strings: PanelStrings) {
    this.page = page;
    this.#options = options;
    this.state = options.state;
    this.#session = new ManifestPanelSession(
      { request: options.request, fullReference: options.fullReference, locale: 'en', strings },
      undefined,
      options.dependencies,
      (message) => void page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`),
    );
  }

  async load(url: string): Promise<void> {
    const { page } = this;
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    await page.exposeFunction('postToHost', (data: unknown) => this.#session.receive(data));
    await page.exposeFunction('keepState', (state: unknown) => {
      this.state = state;
    });
    const variables = THEMES[this.#options.theme ?? 'dark'];
    await page.addInitScript({
      content: `
        window.acquireVsCodeApi = () => ({
          postMessage: (message) => window.postToHost(message),
          getState: () => (${JSON.stringify(this.state ?? null)} ?? undefined),
          setState: (state) => window.keepState(state),
        });
        document.addEventListener('DOMContentLoaded', () => {
          for (const [name, value] of Object.entries(${JSON.stringify(variables)})) {
            document.documentElement.style.setProperty(name, value);
          }
        });`,
    });
    await page.goto(url);
    await page.getByRole('heading', { level: 1 }).waitFor();
  }

  async close(): Promise<void> {
    this.#session.dispose();
    await this.page.close();
  }
}

function pageHtml(origin: string): string {
  return panelHtml({
    cspSource: origin,
    nonce: NONCE,
    language: 'en',
    scriptUri: `${origin}/manifest.js`,
    styleUri: `${origin}/manifest.css`,
    codiconUri: `${origin}/codicon.css`,
  });
}

async function buildBundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: { manifest: 'media/manifest/main.ts' },
    bundle: true,
    write: false,
    outdir: 'dist/media',
    format: 'iife',
    platform: 'browser',
    target: 'es2023',
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}

/** The real texts, in English. They are made with `vscode.l10n`, which is not here. */
async function readStrings(): Promise<PanelStrings> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ['src/panels/manifest/manifestPanelStrings.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    plugins: [
      {
        name: 'english',
        setup(build) {
          build.onResolve({ filter: /^vscode$/ }, () => ({ path: 'vscode', namespace: 'english' }));
          build.onLoad({ filter: /.*/, namespace: 'english' }, () => ({
            contents: 'export const l10n = { t: (text) => text };',
          }));
        },
      },
    ],
  });
  const source = Buffer.from(outputFiles[0]!.contents).toString('base64');
  const module = (await import(`data:text/javascript;base64,${source}`)) as {
    manifestPanelStrings(): PanelStrings;
  };
  return module.manifestPanelStrings();
}
