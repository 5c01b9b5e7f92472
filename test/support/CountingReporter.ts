/** Mocha's usual output, and beside it out/results/<suite>.json: the numbers CI adds up at the end, and what failed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

const RESULTS = join(import.meta.dirname, '../../out/results');

/** Reporter option `suite` names the file. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { suite } = options.reporterOptions as { suite: string };
    const failures: { title: string; error: string }[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Test, error: Error) => {
      failures.push({ title: test.fullTitle(), error: error.stack ?? String(error) });
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, pending } = this.stats;
      mkdirSync(RESULTS, { recursive: true });
      // A test that did not run has not passed: skipping is no way to a good number.
      const result = { suite, passed: passes, failed: this.stats.failures + pending, failures };
      writeFileSync(join(RESULTS, `${suite}.json`), JSON.stringify(result));
    });
  }
}
