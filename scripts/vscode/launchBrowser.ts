/** The browser that shows VS Code's workbench: Debian's Chromium, or an installed Chrome. */
import { chromium, type Browser } from 'playwright-core';
import { tryFindTool } from '../../test/support/tools.ts';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

/** @throws Error that says what to install. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = PROGRAMS.map(tryFindTool).find((file) => file !== undefined);
  return chromium.launch({
    ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
