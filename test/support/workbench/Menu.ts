/** An open context menu or drop-down. */
import type { Locator, Page } from 'playwright-core';
import { exactly } from './exactly.ts';

export class Menu {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async opened(page: Page, timeout = 30_000): Promise<Menu> {
    await page.locator('.monaco-menu').first().waitFor({ timeout });
    return new Menu(page);
  }

  get #items(): Locator {
    return this.#page.locator('.monaco-menu').getByRole('menuitem');
  }

  /** Titles from the top, submenus' own included. */
  async titles(): Promise<string[]> {
    const texts = await this.#page.locator('.monaco-menu .action-label:not(.separator)').allTextContents();
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  }

  /** Chooses the item at the end of a path of titles; the menu is gone afterwards. */
  async choose(...path: readonly string[]): Promise<void> {
    for (const [index, title] of path.entries()) {
      const item = this.#items.filter({
        has: this.#page.locator('.action-label', { hasText: exactly(title) }),
      });
      await item.hover();
      // Enter, because a menu ignores the mouse button for a moment after it opened.
      await item.press(index < path.length - 1 ? 'ArrowRight' : 'Enter');
    }
    await this.#page.locator('.monaco-menu').first().waitFor({ state: 'detached' });
  }

  async dismiss(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.#page.locator('.monaco-menu').first().waitFor({ state: 'detached' });
  }
}
