/** One view (section) of a side bar: its title actions, its tree or its welcome text. */
import type { Locator, Page } from 'playwright-core';
import { RowMoved, TreeItem } from './TreeItem.ts';

export class View {
  readonly #page: Page;
  readonly #title: string;

  constructor(page: Page, title: string) {
    this.#page = page;
    this.#title = title;
  }

  get #header(): Locator {
    return this.#page.getByRole('button', { name: `${this.#title} Section` });
  }

  get #pane(): Locator {
    return this.#page.locator('.pane', { has: this.#header });
  }

  get tree(): Locator {
    return this.#pane.getByRole('tree');
  }

  /** Opens the section when it is folded. */
  async open(): Promise<void> {
    await this.#header.waitFor();
    if ((await this.#header.getAttribute('aria-expanded')) === 'true') return;
    // Not a click, which would fold what a command has opened meanwhile.
    await this.#header.press('ArrowRight');
    await this.#pane.and(this.#page.locator('.expanded')).waitFor();
  }

  /** Folds the section, to make room for the others. */
  async close(): Promise<void> {
    if ((await this.#header.getAttribute('aria-expanded')) !== 'true') return;
    await this.#header.press('ArrowLeft');
    await this.#pane.and(this.#page.locator('.pane:not(.expanded)')).waitFor();
  }

  /** A button of the view's title bar. */
  async clickAction(name: string): Promise<void> {
    await this.#header.hover();
    await this.#pane.getByRole('toolbar').getByRole('button', { name }).click();
  }

  /** A button or link of the text shown while the view is empty. */
  welcomeAction(name: string): Locator {
    const welcome = this.#pane.locator('.welcome-view');
    return welcome.getByRole('button', { name }).or(welcome.getByRole('link', { name }));
  }

  /** The item at the end of a path of labels, its parents expanded on the way; scrolls to find it. */
  async item(...path: readonly (string | RegExp)[]): Promise<TreeItem> {
    await this.open();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#walk(path);
      } catch (error) {
        if (!(error instanceof RowMoved) || tries === 5) throw error;
      }
    }
  }

  async #walk(path: readonly (string | RegExp)[]): Promise<TreeItem> {
    let item: TreeItem | undefined;
    for (const label of path) {
      await item?.expand();
      item = await TreeItem.find(this.#page, this.tree, label, item);
    }
    if (!item) throw new Error('a path needs one label at least');
    return item;
  }

  /** Labels of the rows now on screen, from the top. */
  async labels(): Promise<string[]> {
    return this.tree.getByRole('treeitem').locator('.label-name').allTextContents();
  }
}
