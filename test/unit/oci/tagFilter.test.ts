import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createTagFilter } from '../../../src/core/oci/tagFilter.ts';

function matches(pattern: string, name: string): boolean {
  return createTagFilter(pattern)(name);
}

describe('createTagFilter', () => {
  it('finds text anywhere, ignoring case and blanks around it', () => {
    assert.ok(matches('ALP', '3.20-alpine'));
    assert.ok(matches('  alpine ', '3.20-Alpine'));
    assert.ok(matches('', 'anything') && matches('  ', 'anything'));
    assert.ok(!matches('slim', '3.20-alpine'));
  });

  it('takes * and ? as a glob over the whole name', () => {
    assert.ok(matches('v1.*', 'v1.2.3') && matches('V1.*', 'v1.'));
    assert.ok(!matches('v1.*', 'xv1.2'));
    assert.ok(matches('*-alpine', '3-alpine') && !matches('*-alpine', '3-alpine3.20'));
    assert.ok(matches('v?', 'v1') && !matches('v?', 'v10') && !matches('v?', 'v'));
    assert.ok(matches('*', '') && matches('**', 'x') && !matches('?', ''));
    assert.ok(matches('*a*b*c*', 'xxaxxbxxcxx') && !matches('*a*b*c*', 'xxcxxbxxaxx'));
  });

  it('takes everything else literally', () => {
    assert.ok(!matches('1.2', '1x2'));
    assert.ok(matches('[a-z]+', 'x[a-z]+y') && !matches('[a-z]+', 'abc'));
    assert.ok(!matches('1.2*', '1x23'));
  });

  it('agrees with the obvious regular expression', () => {
    const text = fc.stringMatching(/^[ab]{0,8}$/);
    const glob = fc.stringMatching(/^[ab*?]{0,6}[*?]$/);
    fc.assert(
      fc.property(glob, text, (pattern, name) => {
        const expected = new RegExp(`^${pattern.replace(/\*/g, '.*').replace(/\?/g, '.')}$`).test(name);
        assert.equal(matches(pattern, name), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('stays fast where a regular expression would not', () => {
    const filter = createTagFilter(`${'*a'.repeat(50)}*b`);
    // A regular expression would try more ways than it could in a lifetime.
    assert.equal(filter('a'.repeat(128)), false);
  });
});
