// Runs npm as a child that ends with us, its output passed on.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** @returns {Promise<number>} the exit code; 1 when a signal ended it. */
export async function runNpm(args) {
  const child = spawn('npm', args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell: false,
    // On a fresh clone the project's own Node came only after this process had started.
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}` },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
