/** One toast at the lower right: a message, or the progress of long work. */
import type { Locator, Page } from 'playwright-core';
import { untilGone } from './untilGone.ts';

export class Notification {
  readonly toast: Locator;
  readonly #message: Locator;

  constructor(page: Page, text: string | RegExp) {
    this.toast = page
      .locator('.notifications-toasts .notification-list-item')
      .filter({ has: page.locator('.notification-list-item-message', { hasText: text }) })
      .last();
    this.#message = this.toast.locator('.notification-list-item-message');
  }

  /** @param timeout in milliseconds; long work may need more than the usual 30 s. */
  async waitFor(timeout = 30_000): Promise<void> {
    await this.toast.waitFor({ timeout });
  }

  async text(): Promise<string> {
    return (await this.#message.textContent()) ?? '';
  }

  /** Presses a button and waits until the toast is gone. */
  async click(button: string): Promise<void> {
    await this.waitFor();
    const toast = await this.toast.elementHandle();
    await this.toast.hover();
    await this.toast.getByRole('button', { name: button, exact: true }).click();
    await untilGone(toast);
  }

  async dismiss(): Promise<void> {
    await this.waitFor();
    const toast = await this.toast.elementHandle();
    await this.toast.hover();
    await this.toast.getByRole('button', { name: /^(Clear|Close) Notification/ }).click();
    await untilGone(toast);
  }

  async waitUntilGone(timeout = 30_000): Promise<void> {
    await this.toast.waitFor({ state: 'detached', timeout });
  }
}
