import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUNDLE, createL10nBundle } from '../../scripts/l10nBundle.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('The strings for translators', () => {
  it('are those of src (if not: npm run l10n)', async () => {
    assert.equal(await readFile(join(ROOT, BUNDLE), 'utf8'), createL10nBundle(ROOT));
  });

  it('are found however l10n is imported, and refused when they are put together at run time', async () => {
    const root = await mkdtemp(join(tmpdir(), 'berth-l10n-'));
    try {
      await mkdir(join(root, 'src'));
      const file = join(root, 'src/a.ts');
      await writeFile(file, "vscode.l10n.t('b {0}', l10n.t(`a`)); other.t('c');\n");
      assert.deepEqual(JSON.parse(createL10nBundle(root)), { a: 'a', 'b {0}': 'b {0}' });
      await writeFile(file, "\nl10n.t('a' + name);\n");
      assert.throws(() => createL10nBundle(root), /src\/a\.ts:2: /);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
