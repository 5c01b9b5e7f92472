import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareHistories } from '../../../../src/core/image/compare/compareHistories.ts';
import type { HistoryEntry } from '../../../../src/core/oci/imageConfig.ts';

const steps = (letters: string): HistoryEntry[] =>
  Array.from(letters, (createdBy) => ({ createdBy, emptyLayer: false }));

const SIGNS = { same: ' ', removed: '-', added: '+' };

/** `-a+b c`: a went, b came, c stayed. */
const compare = (before: string, after: string): string =>
  compareHistories(steps(before), steps(after))
    .map(({ kind, entry }) => `${SIGNS[kind]}${entry.createdBy}`)
    .join('');

describe('compareHistories', () => {
  it('keeps shared steps in their place and puts what went before what came', () => {
    assert.equal(compare('abcd', 'axcde'), ' a-b+x c d+e');
    assert.equal(compare('abc', 'abc'), ' a b c');
    assert.equal(compare('ab', 'cd'), '-a-b+c+d');
    assert.equal(compare('', 'a'), '+a');
    assert.equal(compare('a', ''), '-a');
    assert.equal(compare('aba', 'bab'), '-a b a+b');
  });

  it('tells a step that made a layer from one that did not', () => {
    const [made, did] = [
      { createdBy: 'RUN x', emptyLayer: false },
      { createdBy: 'RUN x', emptyLayer: true },
    ];
    assert.deepEqual(
      compareHistories([made], [did]).map(({ kind }) => kind),
      ['removed', 'added'],
    );
  });

  it('holds both histories whole, each in its order, whatever they are', () => {
    const history = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    fc.assert(
      fc.property(history, history, (before, after) => {
        const rows = compareHistories(steps(before), steps(after));
        const text = (kinds: string[]) =>
          rows.flatMap(({ kind, entry }) => (kinds.includes(kind) ? entry.createdBy : [])).join('');
        assert.equal(text(['same', 'removed']), before);
        assert.equal(text(['same', 'added']), after);
      }),
    );
  });

  it('stays quick and whole on histories of thousands of steps that have nothing in common', () => {
    const [before, after] = ['x', 'y'].map((letter) => steps(letter.repeat(10_000)));
    assert.equal(compareHistories(before!, after!).length, 20_000);
  });
});
