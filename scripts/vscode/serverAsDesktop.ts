#!/usr/bin/env node
/**
 * Understands the switches of a desktop VS Code that a test run uses, and does the same with the server and a headless
 * browser: so one launcher (testHost.ts) serves both. Ends with 0 when the suite passed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import { SUITE_STARTS } from '../../test/host/index.ts';
import { launchBrowser } from './launchBrowser.ts';
import { VsCodeServer } from './VsCodeServer.ts';

const LOGS = join(import.meta.dirname, '../../.vscode-test/logs');
const DEADLINE_MS = 10 * 60_000;

const { values, positionals } = parseArgs({
  strict: false, // the switches that only a desktop window has
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: 'string' },
    extensionTestsPath: { type: 'string' },
    'user-data-dir': { type: 'string' },
  },
});
const path = (name: string): string => {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`--${name} is missing`);
  return value;
};

await mkdir(LOGS, { recursive: true });
await using server = await VsCodeServer.start({
  dataFolder: path('user-data-dir'),
  smokeTestDriver: true,
  logFile: join(LOGS, 'host-server.log'),
});
await using browser = await launchBrowser();
const page = await browser.newPage();
const { promise: exit, resolve, reject } = Promise.withResolvers<number>();
let suiteStarted = false;
const before: string[] = [];
await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
  const line = format(...(type === 'error' ? ['[error]', ...args] : args));
  suiteStarted ||= line.includes(SUITE_STARTS);
  if (suiteStarted) console.log(line);
  else before.push(line);
});
await page.exposeFunction('codeAutomationExit', resolve);
page.once('close', () => reject(new Error('the window closed before the suite ended')));
const timer = setTimeout(() => reject(new Error(`no end of the suite in ${DEADLINE_MS} ms`)), DEADLINE_MS);
try {
  await page.goto(
    server.windowUrl(positionals[0] ?? '', [
      ['extensionDevelopmentPath', server.remoteUri(path('extensionDevelopmentPath'))],
      ['extensionTestsPath', server.remoteUri(path('extensionTestsPath'))],
    ]),
  );
  process.exitCode = await exit;
} finally {
  clearTimeout(timer);
  if (!suiteStarted) console.log(before.join('\n'));
}
