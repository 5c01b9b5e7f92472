import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CleanUpEntry } from '../../../../src/core/operations/cleanup/CleanUpPlan.ts';
import { selectReviewed } from '../../../../src/core/operations/cleanup/reviewSelection.ts';
import {
  checkReview,
  formatReview,
  namesToDelete,
  parseReview,
} from '../../../../src/core/operations/cleanup/reviewText.ts';
import {
  formatStoredReview,
  tryParseStoredReview,
} from '../../../../src/core/operations/cleanup/storedReview.ts';
import type { RepositoryReview } from '../../../../src/core/operations/cleanup/storedReview.ts';
import { findUsedTags } from '../../../../src/core/operations/cleanup/usedTags.ts';
import { daysAgo, digest, rules } from './cleanUpFixture.ts';

describe('the text of a review', () => {
  it('aligns its columns, and wraps its head', () => {
    const text = formatReview(
      ['Clean up team/app', '', 'word '.repeat(25).trim()],
      [
        { title: 'Goes', rows: [{ action: 'delete', name: 'v1', columns: ['1 MB', '2024-01-03', 'old'] }] },
        { title: 'Nothing', rows: [] },
        { title: 'Stays', rows: [{ action: 'keep', name: 'latest', columns: ['12 MB', '', 'protected'] }] },
      ],
    );
    assert.equal(
      text,
      [
        '# Clean up team/app',
        '#',
        `# ${'word '.repeat(19).trim()}`,
        `# ${'word '.repeat(6).trim()}`,
        '',
        '## Goes',
        'delete  v1      1 MB   2024-01-03  old',
        '',
        '## Stays',
        'keep    latest  12 MB              protected',
        '',
      ].join('\n'),
    );
  });

  it('reads back what it wrote, whatever the columns say', () => {
    const word = fc.stringMatching(/^[\w.:/-]{1,30}$/);
    const row = fc.record({
      action: fc.constantFrom('keep' as const, 'delete' as const),
      name: word,
      columns: fc.array(
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/\s/g, ' ')),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const lines = parseReview(formatReview(['head'], [{ title: 'all', rows }]));
        assert.deepEqual(
          lines.map(({ action, name }) => [action, name]),
          rows.map(({ action, name }) => [action, name]),
        );
      }),
    );
  });

  it('finds each line that cannot be carried out, where it stands', () => {
    const lines = parseReview('# head\r\n  Delete v1 x\nkeep\n\ndrop v2\ndelete v3\nkeep v1\nkeep # v4');
    const problems = checkReview(lines, (name) => /^v[12]$/.test(name));
    assert.deepEqual(
      [...problems].map(([{ line, wordStart, nameStart }, problem]) => [line, wordStart, nameStart, problem]),
      [
        [2, 0, 4, 'missingName'],
        [4, 0, 5, 'badWord'],
        [5, 0, 7, 'unknownName'],
        [6, 0, 5, 'repeated'],
        [7, 0, 5, 'unknownName'],
      ],
    );
    assert.deepEqual([...namesToDelete(lines)], ['v1', 'v3']);
  });
});

const RULE = rules({ tags: '*' }).delete[0]!;

function review(): RepositoryReview {
  const entry = (
    name: string,
    image: string,
    action: 'keep' | 'delete',
    more: Partial<CleanUpEntry> = {},
  ): CleanUpEntry => ({
    name,
    digest: digest(image),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    sizeInBytes: 100,
    createdAt: daysAgo(3),
    isManifest: false,
    action,
    reason: action === 'delete' ? { kind: 'rule', rule: RULE } : { kind: 'noRule' },
    ...more,
  });
  return {
    kind: 'repository',
    connectionId: 'work',
    repository: 'team/app',
    rules: 'test',
    ruleSet: rules({ tags: '*' }),
    deleteMethod: 'native',
    bytesFreed: { sizeInBytes: 7, basis: 'blobs' },
    relations: { children: new Map([[digest('I'), [digest('P')]]]), subjects: new Map() },
    entries: [
      entry('old', 'O', 'delete'),
      entry('multi', 'I', 'delete'),
      entry('amd64', 'P', 'delete'),
      entry('plain', 'N', 'keep'),
      entry('signed', 'S', 'keep', { reason: { kind: 'signed' } }),
      { name: 'unread', isManifest: false, action: 'keep', reason: { kind: 'unknown' } },
    ],
  };
}

describe('selectReviewed', () => {
  const select = async (...goes: string[]) => {
    const { targets, staying, overridden, bytesFreed } = await selectReviewed(review(), new Set(goes));
    return {
      goes: targets.map(({ name }) => name),
      stays: staying.map(({ name }) => name),
      overridden: overridden.map(({ name, reason }) => `${name}: ${reason.kind}`),
      bytesFreed,
    };
  };

  it('takes a plan as it is', async () => {
    assert.deepEqual(await select('old', 'multi', 'amd64'), {
      goes: ['old', 'multi', 'amd64'],
      stays: ['plain', 'signed', 'unread'],
      overridden: [],
      bytesFreed: { sizeInBytes: 7, basis: 'blobs' },
    });
  });

  it('names what goes against a protection, and what an image needs that is now to stay', async () => {
    const { goes, overridden, bytesFreed } = await select('old', 'amd64', 'plain', 'signed');
    assert.deepEqual(goes, ['old', 'amd64', 'plain', 'signed']);
    assert.deepEqual(overridden, ['amd64: platformOf', 'signed: signed']);
    assert.deepEqual(bytesFreed, { sizeInBytes: 400, basis: 'sizes' });
  });

  it('keeps what has no digest, whatever the text says', async () => {
    assert.deepEqual((await select('unread')).goes, []);
  });
});

describe('a stored review', () => {
  it('comes back as it was', () => {
    const stored = tryParseStoredReview(formatStoredReview(review()));
    assert.deepEqual(stored, review());
    const local = {
      kind: 'localImages',
      entries: [{ name: 'a:1', id: 'sha256:0', action: 'keep', isUsed: true }],
    } as const;
    assert.deepEqual(tryParseStoredReview(formatStoredReview(local)), local);
  });

  it('is undefined where it is damaged', () => {
    for (const text of [
      '',
      '{}',
      '{"kind":"repository"}',
      formatStoredReview(review()).replace('sha256:', 'sha0:'),
    ]) {
      assert.equal(tryParseStoredReview(text), undefined);
    }
  });
});

describe('findUsedTags', () => {
  for (const [text, tags] of [
    ['FROM registry.example.com/team/app:1.2 AS build', ['1.2']],
    ['image: $REGISTRY/team/app:v1.0.0-rc.1', ['v1.0.0-rc.1']],
    ['image: "team/app"', ['latest']],
    ['image: team/app@sha256:' + '0'.repeat(64), [`sha256:${'0'.repeat(64)}`]],
    ['image: team/app:1@sha256:' + '0'.repeat(64), ['1', `sha256:${'0'.repeat(64)}`]],
    ['see other-team/app:1, team/app-b:2, team/app/c:3', []],
    ['- team/app:a\n- team/app:b.', ['a', 'b']],
    ['https://example.com/team/app/tree', []],
  ] as const) {
    it(`finds ${tags.join(', ') || 'nothing'} in ${JSON.stringify(text.slice(0, 50))}`, () => {
      assert.deepEqual([...findUsedTags(text, ['team/app'])], tags);
    });
  }
});
