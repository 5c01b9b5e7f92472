/** `npm run package`: the VSIX, built for production, and only with what belongs in it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce';

const ROOT = join(import.meta.dirname, '..');
const VSIX = join(ROOT, 'out/berth.vsix');
const LIMIT_IN_BYTES = 2 * 1024 * 1024;

const BELONGS =
  /^(package\.json|package\.nls(\..+)?\.json|README\.md|CHANGELOG\.md|LICENSE|l10n\/.+\.json|syntaxes\/.+\.json|dist\/.+\.(js|cjs|css|ttf|svg)|media\/.+\.(svg|png|md))$/;
const REQUIRED = [
  'package.json',
  'package.nls.json',
  'l10n/bundle.l10n.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist/extension.js',
  'dist/layerWorker.js',
];

const { status } = spawnSync(process.execPath, ['esbuild.mjs', '--production'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

const files = (await listFiles({ cwd: ROOT, packageManager: PackageManager.None })).map((file) =>
  file.replaceAll('\\', '/'),
);
const complaints = [
  ...files.filter((file) => !BELONGS.test(file)).map((file) => `${file} does not belong in the VSIX`),
  ...REQUIRED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ...contributedFiles()
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is named in package.json and missing`),
];
if (complaints.length === 0) {
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  await createVSIX({ cwd: ROOT, packagePath: VSIX, dependencies: false, allowMissingRepository: true });
  const size = statSync(VSIX).size;
  if (size > LIMIT_IN_BYTES) complaints.push(`${size} bytes are more than ${LIMIT_IN_BYTES}`);
  console.log(`${VSIX}: ${files.length} files, ${(size / 1024).toFixed(0)} KiB`);
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

/** Every file of ours that package.json points at. */
function contributedFiles(): string[] {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const paths = [...text.matchAll(/"(?:\.\/)?((?:media|dist|l10n|syntaxes)\/[^"]+\.\w+)"/g)].map(
    (match) => match[1]!,
  );
  return [...new Set(paths)];
}
