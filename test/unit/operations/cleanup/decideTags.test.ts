import assert from 'node:assert/strict';
import { parseCleanUpRuleSet } from '../../../../src/core/operations/cleanup/CleanUpRules.ts';
import type { CleanUpRuleSet } from '../../../../src/core/operations/cleanup/CleanUpRules.ts';
import { decideTags, decideUntagged } from '../../../../src/core/operations/cleanup/decideTags.ts';
import type { CleanUpTag } from '../../../../src/core/operations/cleanup/decideTags.ts';
import { daysAgo, NOW, rules, tag } from './cleanUpFixture.ts';

/** What goes, and why the others stay: `name` or `name (reason)`. */
async function decide(
  tags: readonly CleanUpTag[],
  ruleSet: CleanUpRuleSet,
  used: readonly string[] = [],
): Promise<string> {
  const usedTags = new Map(used.map((name) => [name, 'Dockerfile']));
  const decisions = await decideTags(tags, ruleSet, { now: NOW, usedTags });
  return [...decisions]
    .flatMap(([name, { action, reason }]) =>
      action === 'delete' ? [name] : reason.kind === 'noRule' ? [] : [`${name} (${reason.kind})`],
    )
    .join(', ');
}

const FIVE = [tag('e', 1), tag('d', 2), tag('c', 3), tag('b', 40), tag('a', 50)];
const VERSIONS = [
  '1.0.0',
  '1.0.1',
  'v1.0.2',
  '1.1.0',
  '1.2.0-rc.1',
  '1.2.0-rc.2',
  '1.0.0-alpine',
  '1.0.1-alpine',
  '2.0.0',
  '1.0',
  'latest',
].map((name) => tag(name, 10));
const protect = (ruleSet: CleanUpRuleSet, ...patterns: string[]): CleanUpRuleSet => ({
  ...ruleSet,
  protect: patterns,
});

/** The worked cases: tags, rules, and what goes. */
const CASES: readonly (readonly [
  title: string,
  tags: readonly CleanUpTag[],
  ruleSet: CleanUpRuleSet,
  expected: string,
  used?: readonly string[],
])[] = [
  ['the newest three stay', FIVE, rules({ keepNewest: 3 }), 'b, a'],
  ['the newest none: all go', FIVE, rules({ keepNewest: 0 }), 'e, d, c, b, a'],
  ['more to keep than there are', FIVE, rules({ keepNewest: 9 }), ''],
  [
    'the newest of those that fit the pattern only',
    [tag('x1', 1), tag('x2', 2), tag('y3', 3)],
    rules({ tags: 'x*', keepNewest: 1 }),
    'x2',
  ],
  [
    'tags on one image count as one, and stay together',
    [tag('v2', 1), tag('v1.1', 5, { image: 'i' }), tag('v1', 5, { image: 'i' }), tag('v0', 9)],
    rules({ keepNewest: 2 }),
    'v0',
  ],
  [
    'an image is as new as its newest tag',
    [tag('new', 1, { image: 'i' }), tag('old', 90, { image: 'i' }), tag('mid', 5)],
    rules({ keepNewest: 1 }),
    'mid',
  ],
  [
    'what has no time is kept and takes no place',
    [tag('undated'), tag('b', 1), tag('a', 2)],
    rules({ keepNewest: 1 }),
    'a',
  ],
  [
    'where times are equal the one that comes first, the higher version, counts as newer',
    [tag('1.10.0', 1), tag('1.9.0', 1)],
    rules({ keepNewest: 1 }),
    '1.9.0',
  ],
  ['older than thirty days', FIVE, rules({ olderThanDays: 30 }), 'b, a'],
  ['exactly as old is not older', [tag('a', 30)], rules({ olderThanDays: 30 }), ''],
  ['an unknown age is not old', [tag('a')], rules({ olderThanDays: 0 }), ''],
  ['a time in the future is not old', [tag('a', -5)], rules({ olderThanDays: 0 }), ''],
  ['old, but among the newest', FIVE, rules({ keepNewest: 4, olderThanDays: 30 }), 'a'],
  ['two rules: either deletes', FIVE, rules({ tags: 'e' }, { olderThanDays: 45 }), 'e, a'],
  [
    'by glob, whole tag and case',
    [tag('pr-1', 1), tag('PR-2', 1), tag('xpr-3', 1)],
    rules({ tags: 'pr-*' }),
    'pr-1',
  ],
  ['by regular expression', [tag('pr-1', 1), tag('pr-x', 1)], rules({ tags: '/^pr-\\d+$/' }), 'pr-1'],
  [
    'not pulled for thirty days',
    [tag('a', 90, { lastPulledAt: daysAgo(31) }), tag('b', 90, { lastPulledAt: daysAgo(29) })],
    rules({ notPulledForDays: 30 }),
    'a',
  ],
  [
    'never pulled: as old as it is',
    [tag('a', 31, { lastPulledAt: 'never' }), tag('b', 29, { lastPulledAt: 'never' })],
    rules({ notPulledForDays: 30 }),
    'a',
  ],
  ['pulls not counted: nothing goes by them', [tag('a', 90)], rules({ notPulledForDays: 30 }), ''],
  [
    'versions below two; a variant goes as its release, a floating tag is no version',
    VERSIONS,
    rules({ versions: '<1.1.0' }),
    '1.0.0, 1.0.1, v1.0.2, 1.0.0-alpine, 1.0.1-alpine',
  ],
  ['pre-releases only', VERSIONS, rules({ preReleases: true }), '1.2.0-rc.1, 1.2.0-rc.2'],
  [
    'pre-releases that are old',
    [tag('1.0.0-rc.1', 40), tag('1.0.0-rc.2', 1), tag('1.0.0', 40)],
    rules({ preReleases: true, olderThanDays: 30 }),
    '1.0.0-rc.1',
  ],
  ['releases only', VERSIONS, rules({ preReleases: false, versions: '>=1.1.0' }), '1.1.0, 2.0.0'],
  [
    'the latest patch of each minor version and variant stays',
    VERSIONS,
    rules({ keepPatches: 1, preReleases: false }),
    '1.0.0, 1.0.1, 1.0.0-alpine',
  ],
  [
    'two spellings of one version are one patch',
    [tag('1.0.1', 1), tag('v1.0.1', 1), tag('1.0.0', 1)],
    rules({ keepPatches: 1 }),
    '1.0.0',
  ],
  [
    'a protected pattern wins',
    FIVE,
    protect(rules({ keepNewest: 0 }), 'a', '/^[bc]$/'),
    'e, d, c (pattern), b (pattern), a (pattern)',
  ],
  ['a protected tag counts among the newest', FIVE, protect(rules({ keepNewest: 1 }), 'e'), 'd, c, b, a'],
  ['what the workspace uses stays', FIVE, rules({ olderThanDays: 30 }), 'b (used), a', ['b']],
  [
    'unless that is switched off',
    FIVE,
    { ...rules({ olderThanDays: 30 }), protectUsed: false },
    'b, a',
    ['b'],
  ],
  ['signed ones stay', [tag('a', 90, { isSigned: true })], rules({ olderThanDays: 30 }), 'a (signed)'],
  [
    'unless that is switched off',
    [tag('a', 90, { isSigned: true })],
    { ...rules({ olderThanDays: 30 }), protectSigned: false },
    'a',
  ],
  ['locked ones stay', [tag('a', 90, { isLocked: true })], rules({ olderThanDays: 30 }), 'a (locked)'],
  [
    'a tag that cannot be read stays',
    [{ name: 'a', createdAt: daysAgo(90) }],
    rules({ olderThanDays: 30 }),
    'a (unknown)',
  ],
];

describe('clean-up rules', () => {
  for (const [index, [title, tags, ruleSet, expected, used]] of CASES.entries()) {
    it(`${index + 1}. ${title}`, async () => {
      assert.equal(await decide(tags, ruleSet, used), expected);
    });
  }

  it('names the first rule that fits', async () => {
    const ruleSet = rules({ tags: 'b' }, { olderThanDays: 30 });
    const decisions = await decideTags(FIVE, ruleSet, { now: NOW, usedTags: new Map() });
    assert.deepEqual(
      ['b', 'a', 'e'].map((name) => decisions.get(name)?.reason),
      [
        { kind: 'rule', rule: ruleSet.delete[0] },
        { kind: 'rule', rule: ruleSet.delete[1] },
        { kind: 'noRule' },
      ],
    );
  });

  it('keeps rules for tags and for manifests without a tag apart', async () => {
    const ruleSet = rules({ untagged: true, olderThanDays: 7 });
    assert.equal(await decide(FIVE, ruleSet), '');
    assert.equal(decideUntagged({ createdAt: daysAgo(8) }, ruleSet, NOW).action, 'delete');
    assert.equal(decideUntagged({ createdAt: daysAgo(6) }, ruleSet, NOW).action, 'keep');
    assert.equal(decideUntagged({}, ruleSet, NOW).action, 'keep');
    assert.equal(decideUntagged({}, rules({ untagged: true }), NOW).action, 'delete');
    assert.equal(decideUntagged({ createdAt: daysAgo(99) }, rules({ olderThanDays: 7 }), NOW).action, 'keep');
  });
});

describe('parseCleanUpRuleSet', () => {
  for (const [title, value, reason] of [
    ['no object', 'x', 'cleanUpRules'],
    ['no name', { delete: [{ keepNewest: 1 }] }, 'cleanUpRules'],
    ['no rule', { name: 'x', delete: [] }, 'cleanUpRules'],
    ['a rule that says nothing and would delete everything', { name: 'x', delete: [{}] }, 'cleanUpRules'],
    ['a misspelt condition', { name: 'x', delete: [{ olderThan: 3 }] }, 'cleanUpRules'],
    ['a negative age', { name: 'x', delete: [{ olderThanDays: -1 }] }, 'cleanUpRules'],
    ['a bad pattern', { name: 'x', delete: [{ tags: '/(/' }] }, 'tagPattern'],
    ['a bad protected pattern', { name: 'x', delete: [{ keepNewest: 1 }], protect: ['a b'] }, 'tagPattern'],
    ['a bad range', { name: 'x', delete: [{ versions: 'foo bar' }] }, 'versionRange'],
  ] as const) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => parseCleanUpRuleSet(value),
        (error: { kind?: string; details?: { reason?: string } }) =>
          error.kind === 'invalidInput' && error.details?.reason === reason,
      );
    });
  }
});
