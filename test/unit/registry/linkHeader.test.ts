import assert from 'node:assert/strict';
import { nextLinkOf } from '../../../src/core/registry/linkHeader.ts';

describe('nextLinkOf', () => {
  const target = '/v2/_catalog?last=a%2Fb&n=2';
  const spellings: readonly (string | string[])[] = [
    `<${target}>; rel="next"`,
    `<${target}>;rel="next"`,
    `<${target}>;rel=next`,
    `<${target}> ; rel = "next"`,
    `<${target}>; REL=Next`,
    `<${target}>; title="a, b; c>"; rel="next"`,
    `<${target}>; title="say \\"hi\\", <you>"; rel=next`,
    `<${target}>; rel="last next"`,
    `< ${target} >; rel=next;`,
    `</first>; rel="first", <${target}>; rel="next", </last>; rel=last`,
    [`</first>; rel=first`, `<${target}>; rel=next`],
    `${target}; rel="next"`,
  ];
  for (const header of spellings) {
    it(`finds the next page in ${JSON.stringify(header)}`, () => {
      assert.equal(nextLinkOf(header), target);
    });
  }

  it('keeps commas and semicolons within the target', () => {
    assert.equal(nextLinkOf('</v2/x?last=a,b;c>; rel=next'), '/v2/x?last=a,b;c');
  });

  it('finds nothing where no link is the next page', () => {
    for (const header of [
      undefined,
      '',
      '</x>',
      '</x>; rel=prev',
      'x; rel=next',
      '/x>; rel=next',
      '</x>; rev=next',
      '<',
      '</x>; rel="',
    ]) {
      assert.equal(nextLinkOf(header), undefined, String(header));
    }
  });

  it('takes no longer than linear time for a hostile header', () => {
    // As a square of its length this would outlast the test's deadline many times.
    assert.equal(nextLinkOf(`${'<'.repeat(800_000)}${'; rel = '.repeat(100_000)}`), undefined);
  });
});
