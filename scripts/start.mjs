// `npm start`: everything from a fresh clone to a VS Code window on a registry full of images.
// `npm start -- --check` does the same without a person: headless, one look at a tag, a screenshot, exit 0.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isInstalled, setUp } from './setup.mjs';

const ROOT = join(import.meta.dirname, '..');

const check = process.argv.includes('--check');
const desktop = !check && isInstalled('code');
const hasRegistry = ['docker-registry', 'registry', 'docker'].some(isInstalled);
await setUp({
  server: !desktop,
  debianPackages: [...(hasRegistry ? [] : ['docker-registry']), ...(check ? ['chromium'] : [])],
  goPrograms: false,
});

const flags = [...(check ? ['--check'] : []), ...(desktop ? ['--desktop'] : [])];
const child = spawn(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, 'scripts/start/start.ts'), ...flags], {
  cwd: ROOT,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
// The child gets the terminal's Ctrl+C too and cleans up; we only pass on what is sent to us alone.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => (process.exitCode = code ?? 1));
