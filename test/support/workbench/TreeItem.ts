/** One row of a tree. Trees draw only the rows in sight, so finding one may scroll. */
import type { Locator, Page } from 'playwright-core';
import { exactly } from './exactly.ts';
import { Menu } from './Menu.ts';

const FIND_DEADLINE_MS = 20_000;

/** Rows were added or removed above: the id of a row, which is its position, is another's now. */
export class RowMoved extends Error {}

export class TreeItem {
  readonly row: Locator;
  readonly #page: Page;
  /** The row by its label: ids are positions, and another row takes the place of one that goes. */
  readonly #labelled: Locator;

  readonly #inList: Locator;
  /** Every row of its level and label. */
  readonly #alike: Locator;

  private constructor(page: Page, row: Locator, labelled: Locator, inList: Locator, alike: Locator) {
    this.#page = page;
    this.row = row;
    this.#labelled = labelled;
    this.#inList = inList;
    this.#alike = alike;
  }

  /**
   * The row labelled `label` (the whole name for a string) one level below `parent`, or at the top level.
   * @throws RowMoved, or Error with the labels in sight when it does not turn up within 20 s.
   */
  static async find(
    page: Page,
    tree: Locator,
    label: string | RegExp,
    parent: TreeItem | undefined,
  ): Promise<TreeItem> {
    const parentId = parent && (await parent.row.getAttribute('id'));
    await parent?.checkPlace();
    const level = parent ? Number(await parent.row.getAttribute('aria-level')) + 1 : 1;
    const name = typeof label === 'string' ? exactly(label) : label;
    const rows = tree.getByRole('treeitem').and(page.locator(`[aria-level="${level}"]`));
    const found = rows.filter({ has: page.locator('.label-name', { hasText: name }) });
    // Rows of one parent follow it: the nearest such row after the parent is its child.
    const parentRow = parentId ? tree.locator(`.monaco-list-rows > [id="${parentId}"]`) : undefined;
    const nearest = parentRow?.locator('xpath=following-sibling::*').and(found).first();
    // A parent that was scrolled away is not among the rows (at most stuck to the top): then the first such row in sight is taken.
    const locate = async (): Promise<Locator> =>
      nearest && (await parentRow!.count()) > 0 ? nearest : found.first();
    let child = await locate();
    const deadline = Date.now() + FIND_DEADLINE_MS;
    await tree.waitFor();
    const box = await tree.boundingBox();
    if (box && !parent && !(await appears(child, 300))) {
      // Top-level rows may lie above what is in sight.
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.wheel(0, -1_000_000);
    }
    while (!(await appears(child, 300))) {
      await parent?.checkPlace();
      if (Date.now() > deadline) {
        const seen = await tree.getByRole('treeitem').allInnerTexts();
        throw new Error(`no item ${String(label)} at level ${level}; in sight: ${seen.join(' | ')}`);
      }
      if (!box) continue;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.wheel(0, box.height * 0.8);
      child = await locate();
    }
    const id = await child.getAttribute('id');
    // By its id from here on: labels and the rows around it may change.
    const row = id === null ? child : tree.locator(`[id="${id}"]`);
    // Not the copy of a row that is stuck to the top while those below it are scrolled.
    const inList = id === null ? child : tree.locator(`.monaco-list-rows > [id="${id}"]`);
    return new TreeItem(page, row, child, inList, found);
  }

  /** @throws RowMoved where another row has its id by now. One that was scrolled away is not looked at. */
  async checkPlace(): Promise<void> {
    const isThere = (await this.#inList.count()) > 0;
    if (isThere && (await this.#inList.and(this.#alike).count()) === 0) throw new RowMoved();
  }

  /** Name, description and state as a screen reader hears them. */
  async accessibleName(): Promise<string> {
    return (await this.row.getAttribute('aria-label')) ?? '';
  }

  /** The dimmed text beside the label. */
  async description(): Promise<string> {
    return (await this.row.locator('.label-description').allTextContents()).join(' ');
  }

  /** Waits until the dimmed text holds `text`: details come after the label. */
  async waitForDescription(text: string | RegExp): Promise<void> {
    await this.row.locator('.label-description', { hasText: text }).waitFor();
  }

  /** A click: selects, and unfolds or folds what has children. */
  async select(): Promise<void> {
    await this.#hideTooltip();
    await this.row.click();
    await this.row.and(this.#page.locator('[aria-selected="true"]')).waitFor();
  }

  /** Adds the row to the selection. */
  async addToSelection(): Promise<void> {
    await this.#hideTooltip();
    await this.row.click({ modifiers: ['ControlOrMeta'] });
    await this.row.and(this.#page.locator('[aria-selected="true"]')).waitFor();
  }

  async expand(): Promise<void> {
    await this.#turn('true');
  }

  async collapse(): Promise<void> {
    await this.#turn('false');
  }

  /** Clicks again where the tree was drawn anew, or a command revealed what is below the row, at the same moment. */
  async #turn(expanded: 'true' | 'false'): Promise<void> {
    const turned = this.row.and(this.#page.locator(`[aria-expanded="${expanded}"]`));
    for (let tries = 1; (await this.row.getAttribute('aria-expanded')) !== expanded; tries += 1) {
      await this.checkPlace();
      const isReading = (await this.row.locator('.codicon-tree-item-loading').count()) > 0;
      if (!isReading) {
        await this.#hideTooltip();
        await this.row.locator('.monaco-tl-twistie').click();
      }
      await turned.waitFor({ timeout: 5_000 }).catch(async (error: unknown) => {
        await this.checkPlace();
        if (tries === 5) throw error;
      });
    }
  }

  /** An inline action: the icons at the row's right end. */
  async clickAction(name: string): Promise<void> {
    await this.#hideTooltip();
    await this.row.hover();
    await this.row.getByRole('button', { name }).click();
  }

  async openContextMenu(): Promise<Menu> {
    await this.#hideTooltip();
    // VS Code drops a click on a row that it is drawing anew, as it does while details arrive; a person clicks again.
    for (let tries = 1; ; tries += 1) {
      await this.row.click({ button: 'right' });
      const menu = await Menu.opened(this.#page, 5_000).catch((error: unknown) => {
        if (tries === 3) throw error;
      });
      if (menu) return menu;
    }
  }

  /** That of the row which the mouse was left on may lie over this one. */
  async #hideTooltip(): Promise<void> {
    await this.#page.mouse.move(0, 0);
  }

  /** Right-click and choose. */
  async choose(...path: readonly string[]): Promise<void> {
    await (await this.openContextMenu()).choose(...path);
  }

  async dragTo(target: TreeItem): Promise<void> {
    await this.row.dragTo(target.row);
  }

  async waitUntilGone(): Promise<void> {
    await this.#labelled.waitFor({ state: 'detached' });
  }
}

async function appears(locator: Locator, timeout: number): Promise<boolean> {
  return locator.waitFor({ state: 'attached', timeout }).then(
    () => true,
    () => false,
  );
}
