/** A text editor, by the title of its tab. */
import type { Locator, Page } from 'playwright-core';

export class Editor {
  readonly tab: Locator;
  readonly #page: Page;

  constructor(page: Page, title: string | RegExp) {
    this.#page = page;
    this.tab = page.locator('.tabs-container').getByRole('tab', { name: title });
  }

  async waitFor(): Promise<void> {
    await this.tab.waitFor();
  }

  async activate(): Promise<void> {
    await this.tab.click();
    await this.tab.and(this.#page.locator('[aria-selected="true"]')).waitFor();
  }

  /**
   * Chooses what stands above a line of the active editor, until `effect` has come: VS Code drops a click on what it is
   * drawing anew, as it does after every change of the text and when the editor comes to the front.
   */
  async clickLens(text: string, effect: (timeout: number) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await this.#page.getByText(text).click();
      const error: unknown = await effect(5_000).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error === undefined) return;
      if (tries === 3) throw error;
    }
  }

  /** The lines in sight of the active text editor. */
  async text(): Promise<string> {
    const lines = this.#page.locator('.editor-instance .view-lines').first();
    await lines.waitFor();
    // The editor draws spaces as no-break spaces.
    return (await lines.innerText()).replaceAll(' ', ' ');
  }

  async close(): Promise<void> {
    await this.activate();
    await this.tab.getByRole('button', { name: /^Close/ }).click();
    await this.tab.waitFor({ state: 'detached' });
  }
}
