/** The quick pick or input box at the top of the window, and the command palette. */
import type { Locator, Page } from 'playwright-core';
import { exactly } from './exactly.ts';
import { untilGone } from './untilGone.ts';

/** Runs in the page: title, placeholder and prompt of the step that is shown, read in one go; null when none is. */
const STEP = `(() => {
  const widget = document.querySelector('.quick-input-widget');
  if (!widget || widget.offsetParent === null) return null;
  const text = (selector) => widget.querySelector(selector)?.textContent ?? '';
  const placeholder = widget.querySelector('input.input')?.placeholder ?? '';
  return [text('.quick-input-title'), placeholder, text('.quick-input-message')].join('|');
})`;

/** Whether a button stands beside the input, as in file dialogs. */
const HAS_BUTTON = `[...document.querySelectorAll('.quick-input-widget .quick-input-action')].some((button) => button.offsetParent !== null)`;

/** Resolves when the page has been drawn twice. */
const TWO_FRAMES = `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`;

export class QuickInput {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get #widget(): Locator {
    return this.#page.locator('.quick-input-widget:visible');
  }

  get input(): Locator {
    return this.#widget.locator('input.input');
  }

  /** The rows, which are check boxes where many may be chosen. */
  get #options(): Locator {
    return this.#widget.locator('.monaco-list-row[role="option"], .monaco-list-row[role="checkbox"]');
  }

  /** Waits for the step whose title, placeholder or prompt holds `text`. */
  async waitFor(text: string | RegExp): Promise<void> {
    const byPlaceholder = this.#widget.getByPlaceholder(text);
    await this.#widget.getByText(text).or(byPlaceholder).first().waitFor();
  }

  async title(): Promise<string> {
    return (await this.#widget.locator('.quick-input-title').textContent()) ?? '';
  }

  async value(): Promise<string> {
    return this.input.inputValue();
  }

  /** Waits until `text` stands in the input: the file dialog fills it step by step. */
  async waitForValue(text: string): Promise<void> {
    const value = `document.querySelector('.quick-input-widget input.input')?.value`;
    await this.#page.waitForFunction(`${value} === ${JSON.stringify(text)}`);
  }

  /** Replaces what stands in the input; again where a step that was only just being drawn has emptied it. */
  async type(text: string): Promise<void> {
    await this.input.waitFor();
    for (let attempt = 0; attempt < 10; attempt++) {
      await this.input.fill(text);
      await this.#page.evaluate(TWO_FRAMES);
      if ((await this.input.inputValue()) === text) return;
    }
    throw new Error('what is typed does not stay in the input');
  }

  /** Labels of the options in sight. */
  async options(): Promise<string[]> {
    await this.#options.first().waitFor();
    return this.#options.locator('.quick-input-list-label .label-name').allTextContents();
  }

  /** The option whose accessible name begins with `label` (a string) or matches it. */
  option(label: string | RegExp): Locator {
    const name = typeof label === 'string' ? exactly(label, '(,|$)') : label;
    const named = this.#page.getByRole('option', { name }).or(this.#page.getByRole('checkbox', { name }));
    return this.#options.and(named).first();
  }

  /** Chooses an option of a single-choice pick, and waits until that step is over. */
  async pick(label: string | RegExp): Promise<void> {
    const option = this.option(label);
    await option.waitFor();
    const row = await option.elementHandle();
    const before = await this.#step();
    // The mouse may rest on a row whose hover would be in the way.
    await this.#page.mouse.move(0, 0);
    await option.click();
    // A list that follows may show its own text in the same row.
    await Promise.any([untilGone(row), this.#untilStepIsOver(before)]);
  }

  /** Ticks an option of a many-choice pick. */
  async tick(label: string | RegExp): Promise<void> {
    const option = this.option(label);
    await option.click();
    await option.and(this.#page.locator('[aria-checked="true"]')).waitFor();
  }

  /** Enter, and waits until the step with this title and prompt is over. */
  async accept(): Promise<void> {
    const before = await this.#step();
    await this.input.press('Enter');
    await this.#untilStepIsOver(before);
  }

  async #step(): Promise<string | null> {
    return this.#page.evaluate<string | null>(`${STEP}()`);
  }

  async #untilStepIsOver(before: string | null): Promise<void> {
    await this.#page.waitForFunction(`${STEP}() !== ${JSON.stringify(before)}`);
  }

  /** Types, then accepts: one step of a wizard. */
  async answer(text: string): Promise<void> {
    await this.type(text);
    await this.accept();
  }

  /**
   * Types a path into the file dialog with this title and takes it. The dialog lists folders while one types: it may
   * complete what was typed, say meanwhile that there is no such file, and not hear an Enter.
   */
  async answerFileDialog(title: string | RegExp, path: string): Promise<void> {
    await this.waitFor(title);
    const before = await this.title();
    // What follows may have the same title, but has no button of its own beside the input.
    const isOver = `!${STEP}()?.startsWith(${JSON.stringify(`${before}|`)}) || !${HAS_BUTTON}`;
    for (let attempt = 0; attempt < 10; attempt++) {
      await this.type(path);
      await this.input.press('Enter');
      const over = await this.#page
        .waitForFunction(isOver, undefined, { timeout: 3_000 })
        .catch(() => undefined);
      if (over) return;
    }
    throw new Error(`${before} does not take ${path}`);
  }

  /** Types a value that must not be accepted, and waits for what is said about it. */
  async answerWrongly(text: string, complaint: string | RegExp): Promise<void> {
    await this.type(text);
    await this.input.press('Enter');
    await this.waitForMessage(complaint);
  }

  /** The prompt, or what is wrong with the value. */
  async waitForMessage(text: string | RegExp): Promise<void> {
    await this.#widget.locator('.quick-input-message', { hasText: text }).waitFor();
  }

  async dismiss(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.waitUntilClosed();
  }

  async waitUntilClosed(): Promise<void> {
    await this.#page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }
}
