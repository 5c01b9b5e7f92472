/** What the extension host calls to run the suite: every bundled test beside this file, by glob. */
import { globSync } from 'node:fs';
import Mocha from 'mocha';
import CountingReporter from '../support/CountingReporter.ts';

/** Printed first: what comes before it is VS Code starting, of interest only when the suite does not come. */
export const SUITE_STARTS = '━━ suite';

/** @throws Error when a test failed or none was found. */
export async function run(): Promise<void> {
  console.log(SUITE_STARTS);
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 30_000,
    forbidOnly: process.env['CI'] === 'true',
    reporter: CountingReporter,
    reporterOptions: { suite: process.env['BERTH_SUITE'] ?? 'host' },
  });
  const files = globSync('**/*.test.cjs', { cwd: __dirname }).sort();
  if (files.length === 0) throw new Error(`no test found in ${__dirname}`);
  for (const file of files) mocha.addFile(`${__dirname}/${file}`);
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed`);
}
