import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createReadme } from '../../scripts/readmeTables.ts';
import { BUNDLE } from '../../scripts/l10nBundle.ts';

const ROOT = join(import.meta.dirname, '../..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

describe('README.md', () => {
  it('has the settings and commands of package.json (if not: npm run readme)', async () => {
    assert.equal(readme, await createReadme(ROOT));
  });

  it('explains errors by the words in which they are shown', () => {
    const shown = new Set(
      Object.keys(JSON.parse(readFileSync(join(ROOT, BUNDLE), 'utf8')) as object).map((message) =>
        message.replaceAll(/\{\d+\}/g, '…'),
      ),
    );
    const section = /## Troubleshooting(.*?)\n## /s.exec(readme)?.[1] ?? '';
    const explained = [...section.matchAll(/^- \*\*(.+?)\*\*/gm)].map((match) => match[1]!);
    assert.ok(explained.length > 20, 'the section lists errors');
    assert.deepEqual(
      explained.filter((message) => !shown.has(message)),
      [],
    );
  });

  it('points only at files that exist, with pictures that load quickly', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => join(ROOT, match[1]!));
    assert.ok(links.length > 0);
    assert.deepEqual(
      links.filter((file) => !existsSync(file)),
      [],
    );
    const pictures = links.filter((file) => file.endsWith('.png'));
    assert.ok(pictures.length > 0);
    for (const file of pictures) assert.ok(statSync(file).size < 200_000, file);
  });

  it('says, with CONTRIBUTING.md, why each runtime dependency is there', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const section = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').split('## Dependencies')[1] ?? '';
    const heads = [...section.matchAll(/^\| (`[^|]+`)/gm)].map((match) => match[1]!);
    const explained = heads.flatMap((head) => [...head.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
    assert.deepEqual(explained.sort(), Object.keys(dependencies).sort());
  });

  it('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const texts = [readme, readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')].join('\n');
    const named = [...texts.matchAll(/`npm (?:run )?([\w:]+)/g)].map((match) => match[1]!);
    assert.ok(named.includes('start'));
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });
});
