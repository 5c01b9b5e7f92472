/** `npm run readme`: brings the tables of README.md up to date with package.json. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReadme } from './readmeTables.ts';

const ROOT = join(import.meta.dirname, '..');

writeFileSync(join(ROOT, 'README.md'), await createReadme(ROOT));
