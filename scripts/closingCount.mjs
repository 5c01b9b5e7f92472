// Adds up what the suites wrote to out/results; as a program, prints it as CI reads it, after what failed: the end of
// a log is what is kept and read, and a suite's own words are far above it.
// A step that has no tests of its own, or ended before it could count them, is one failure.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname, '../out/results');

/** Prints each failure whole, then the count. @returns {{ passed: number, failed: number }} */
export function printClosing() {
  const total = { passed: 0, failed: 0 };
  const files = existsSync(RESULTS) ? readdirSync(RESULTS) : [];
  for (const file of files) {
    const { suite, passed, failed, failures = [] } = JSON.parse(readFileSync(join(RESULTS, file), 'utf8'));
    for (const { title, error } of failures) console.log(`\nFailed in ${suite}: ${title}\n${error}`);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total;
}

/** Records that a step failed, unless its suite has counted failures itself. `name` is a script of package.json. */
export function noteFailedStep(name) {
  const suite = name.replace('test:', '');
  const file = join(RESULTS, `${suite}.json`);
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).failed > 0) return;
  mkdirSync(RESULTS, { recursive: true });
  const other = join(RESULTS, `${suite.replaceAll(/\W/g, '-')}-step.json`);
  writeFileSync(other, JSON.stringify({ suite: name, passed: 0, failed: 1 }));
}

if (process.argv[1] === import.meta.filename) {
  for (const name of process.argv.slice(2)) noteFailedStep(name);
  const { passed, failed } = printClosing();
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
