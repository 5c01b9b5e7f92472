/** The modal message in the middle of the window. */
import type { Locator, Page } from 'playwright-core';
import { untilGone } from './untilGone.ts';

export class MessageDialog {
  readonly #box: Locator;

  constructor(page: Page) {
    this.#box = page.locator('.monaco-dialog-box');
  }

  /** Waits for a dialog whose message or detail holds `text`. */
  async waitFor(text: string | RegExp, timeout = 30_000): Promise<void> {
    await this.#box.filter({ hasText: text }).waitFor({ timeout });
  }

  async message(): Promise<string> {
    return (await this.#box.locator('.dialog-message-text').textContent()) ?? '';
  }

  async detail(): Promise<string> {
    return (await this.#box.locator('.dialog-message-detail').textContent()) ?? '';
  }

  async buttons(): Promise<string[]> {
    await this.#box.waitFor();
    return this.#box.locator('.dialog-buttons').getByRole('button').allTextContents();
  }

  /** Presses a button and waits until the dialog is gone. */
  async click(button: string): Promise<void> {
    await this.#box.waitFor();
    const box = await this.#box.elementHandle();
    await this.#box.locator('.dialog-buttons').getByRole('button', { name: button, exact: true }).click();
    await untilGone(box);
  }
}
