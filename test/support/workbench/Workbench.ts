/** A VS Code window in a browser page, spoken to by role and label. Every action waits for its effect. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { Editor } from './Editor.ts';
import { MessageDialog } from './MessageDialog.ts';
import { Notification } from './Notification.ts';
import { Panel } from './Panel.ts';
import { QuickInput } from './QuickInput.ts';
import { View } from './View.ts';

const SCREENSHOTS = join(import.meta.dirname, '../../../.vscode-test/screenshots');

export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

export class Workbench implements AsyncDisposable {
  readonly page: Page;
  readonly quickInput: QuickInput;
  readonly dialog: MessageDialog;
  readonly #context: BrowserContext;
  readonly #consoleLines: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    this.quickInput = new QuickInput(page);
    this.dialog = new MessageDialog(page);
    page.on('console', (message) => this.#consoleLines.push(`${message.type()}: ${message.text()}`));
  }

  /** A window of its own storage on `url` (VsCodeServer.windowUrl); resolves once its frame is drawn; extensions may still be starting. */
  static async open(
    browser: Browser,
    url: string,
    size: WindowSize = { width: 1280, height: 800 },
  ): Promise<Workbench> {
    const context = await browser.newContext({
      viewport: size,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const workbench = new Workbench(context, await context.newPage());
    await workbench.page.goto(url);
    await workbench.#untilReady();
    return workbench;
  }

  async #untilReady(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60_000 });
    await this.#activityTab('Explorer').waitFor();
  }

  /** By VS Code's own command, which first writes what a window keeps. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.#untilReady();
  }

  #activityTab(name: string): Locator {
    return this.page.locator('.part.activitybar').getByRole('tab', { name: new RegExp(`^${name}\\b`) });
  }

  /** Shows a view container of the activity bar, and waits until its side bar is there. */
  async showContainer(name: string): Promise<void> {
    const tab = this.#activityTab(name);
    const heading = this.page.locator('.part.sidebar').getByRole('heading', { name }).first();
    // After a reload VS Code may be opening the container by itself: then the click has closed it, and is done again.
    for (let tries = 1; ; tries += 1) {
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
      const isShown = await heading.waitFor({ timeout: tries < 3 ? 5_000 : 30_000 }).then(
        () => true,
        (error: unknown) => {
          if (tries === 3) throw error;
          return false;
        },
      );
      if (isShown) return;
    }
  }

  /** A view (section) of the side bar or panel, by its title. */
  view(title: string): View {
    return new View(this.page, title);
  }

  editor(title: string | RegExp): Editor {
    return new Editor(this.page, title);
  }

  /** The webview in the active editor. */
  panel(title: string | RegExp): Panel {
    return new Panel(this.page, title);
  }

  /** The notification whose text holds `text`. */
  notification(text: string | RegExp): Notification {
    return new Notification(this.page, text);
  }

  /** Runs a command from the palette, by the title the palette shows ("Berth: Refresh"). */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.type(`>${title}`);
    await this.quickInput.pick(title);
  }

  /** An item of the status bar, by its accessible name. */
  statusItem(name: string | RegExp): Locator {
    return this.page.locator('.part.statusbar').getByRole('button', { name });
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Drags the side bar's edge until it is `width` pixels wide. */
  async resizeSidebar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) throw new Error('no side bar is shown');
    await this.page.mouse.move(box.x + box.width, box.y + box.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, box.y + box.height / 2, { steps: 5 });
    await this.page.mouse.up();
    await this.page.mouse.move(0, 0); // off the edge, which is highlighted while under the mouse
  }

  /** Saves .vscode-test/screenshots/<name>.png and returns its path. */
  async shot(name: string): Promise<string> {
    await mkdir(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, `${name}.png`);
    await this.page.screenshot({ path, animations: 'disabled' });
    return path;
  }

  /** What the window printed to its console, extension host included. */
  get consoleLines(): readonly string[] {
    return this.#consoleLines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
