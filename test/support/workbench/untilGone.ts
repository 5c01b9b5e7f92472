/** Waits for the end of one very element, where a locator would go on to find its successor. */
import type { ElementHandle } from 'playwright-core';

/** Resolves once `element` is hidden, removed, or its page reloaded. */
export async function untilGone(element: ElementHandle | null): Promise<void> {
  try {
    await element?.waitForElementState('hidden');
  } catch (error) {
    // A removed element cannot be waited for any more.
    if (await element?.isVisible().catch(() => false)) throw error;
  }
}
