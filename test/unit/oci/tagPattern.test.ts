import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LinearPattern } from '../../../src/core/oci/LinearPattern.ts';
import { parseTagPattern } from '../../../src/core/oci/tagPattern.ts';

describe('parseTagPattern', () => {
  for (const [pattern, fits, not] of [
    ['latest', ['latest'], ['latest-1', 'Latest', 'not-latest']],
    ['v1.*', ['v1.', 'v1.2.3'], ['v1', 'av1.2', 'v10']],
    ['nightly-??', ['nightly-01'], ['nightly-1', 'nightly-001']],
    ['*', ['a', ''], []],
    ['/^pr-\\d+$/', ['pr-1', 'pr-123'], ['pr-', 'pr-1a', 'xpr-1']],
    ['/rc/i', ['1.0-RC1', 'rc'], ['1.0-r']],
    ['/^(?:alpha|beta)[._-]?[0-9]{1,2}$/', ['alpha1', 'beta-12'], ['beta-123', 'gamma1']],
    ['/^[^a-c]+$/', ['xyz'], ['xaz']],
    ['/^\\D+$/i', ['abc'], ['a1']],
  ] as const) {
    it(`takes ${pattern} as people mean it`, () => {
      const test = parseTagPattern(pattern);
      assert.deepEqual(
        fits.filter((tag) => !test(tag)),
        [],
      );
      assert.deepEqual(
        not.filter((tag) => test(tag)),
        [],
      );
    });
  }

  for (const pattern of [
    '',
    'a b',
    'a/b',
    '/a/g',
    '/(/',
    '/a)/',
    '/[a/',
    '/*a/',
    '/a**/',
    '/(?=a)/',
    '/\\1/',
    '/\\bx/',
    '//',
    '/a{3,1}/',
    '/((a{99}){99}){99}/',
    '/[z-a]/',
    '/a\\/',
  ]) {
    it(`refuses ${JSON.stringify(pattern)}`, () => {
      assert.throws(() => parseTagPattern(pattern), {
        kind: 'invalidInput',
        details: { reason: 'tagPattern', subject: pattern },
      });
    });
  }

  it('answers at once where a backtracking engine would not in a lifetime', () => {
    assert.equal(parseTagPattern('/^(a+)+$/')(`${'a'.repeat(127)}!`), false);
    assert.equal(parseTagPattern('/^(a|a?)+$/')(`${'a'.repeat(127)}!`), false);
  });

  it('agrees with RegExp on patterns both know', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\d',
      '\\W',
      '[ab]',
      '[^a]',
      '(a|b1)',
      '(?:ab)*',
      '1',
      '(|a)',
    );
    const piece = fc
      .tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,2}'))
      .map(([a, q]) => (a.endsWith('*') ? a : a + q));
    const source = fc
      .tuple(
        fc.constantFrom('', '^'),
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('', '$'),
      )
      .map(([start, pieces, end]) => start + pieces.join('') + end);
    const text = fc
      .array(fc.constantFrom('a', 'b', '1', '-', 'A'), { maxLength: 10 })
      .map((chars) => chars.join(''));
    fc.assert(
      fc.property(source, text, fc.boolean(), (pattern, tag, ignoresCase) => {
        assert.equal(
          new LinearPattern(pattern, ignoresCase).test(tag),
          new RegExp(pattern, ignoresCase ? 'i' : '').test(tag),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
