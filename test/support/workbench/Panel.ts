/** A webview in an editor: two frames deep, its content reached by role and label as any page's. */
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { Editor } from './Editor.ts';

export class Panel extends Editor {
  /** The webview's own document. */
  readonly content: FrameLocator;

  constructor(page: Page, title: string | RegExp) {
    super(page, title);
    // Hidden webviews stay in the page: the visible one is the active editor's.
    this.content = page
      .locator('iframe.webview.ready:visible')
      .contentFrame()
      .locator('#active-frame')
      .contentFrame();
  }

  /** Waits until the tab is there and the webview shows something. */
  override async waitFor(): Promise<void> {
    await super.waitFor();
    await this.content.locator('body :visible').first().waitFor();
  }

  get body(): Locator {
    return this.content.locator('body');
  }

  override async text(): Promise<string> {
    return this.body.innerText();
  }
}
