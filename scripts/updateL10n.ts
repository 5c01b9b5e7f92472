/** `npm run l10n`: writes l10n/bundle.l10n.json, what translators start from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE, createL10nBundle } from './l10nBundle.ts';

const ROOT = join(import.meta.dirname, '..');

writeFileSync(join(ROOT, BUNDLE), createL10nBundle(ROOT));
