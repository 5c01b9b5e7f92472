// `npm test`: set-up, then every suite. Goes on after a failure, so that one run tells everything.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { noteFailedStep, printClosing } from './closingCount.mjs';
import { runNpm } from './runNpm.mjs';
import { setUp } from './setup.mjs';

const ROOT = join(import.meta.dirname, '..');

/** Scripts of package.json, cheapest first. */
const STEPS = ['typecheck', 'lint', 'format:check', 'test:unit', 'test:host', 'test:ui'];

rmSync(join(ROOT, 'out/results'), { recursive: true, force: true });
const failed = [];
try {
  await setUp();
} catch (error) {
  console.error(error);
  noteFailedStep('setup');
  failed.push('setup');
}
for (const name of failed.length > 0 ? [] : STEPS) {
  console.log(`\n━━ ${name}`);
  const start = Date.now();
  const code = await runNpm(['run', '--silent', name]);
  console.log(`━━ ${name}: ${code === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - start) / 1000)} s)`);
  if (code !== 0) {
    failed.push(name);
    noteFailedStep(name);
  }
}
console.log(failed.length > 0 ? `\nFailed: ${failed.join(', ')}` : '\nAll is well.');
printClosing();
process.exitCode = failed.length > 0 ? 1 : 0;
