import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sortInSlices, SORTED_AT_ONCE } from '../../../src/core/common/sortInSlices.ts';

describe('sortInSlices', () => {
  const never = { breathe: async () => undefined };

  it('sorts as Array does, equal values in the order they had', async () => {
    const values = fc.array(fc.tuple(fc.nat(5), fc.nat()), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(values, fc.nat(300), async (some, times) => {
        const many = Array.from({ length: times }, () => some)
          .flat()
          .map((value, position) => ({ value, position }));
        const compare = (a: (typeof many)[0], b: (typeof many)[0]): number => a.value[0] - b.value[0];
        assert.deepEqual(await sortInSlices(many, compare, never), many.toSorted(compare));
      }),
      { numRuns: 20 },
    );
  });

  it('lets others have their turn after every few thousand values, and ends when they say so', async () => {
    const count = 20 * SORTED_AT_ONCE + 1;
    const values = Array.from({ length: count }, (_, i) => (i * 7919) % count);
    let compared = 0;
    let most = 0;
    let pauses = 0;
    const compare = (a: number, b: number): number => {
      compared += 1;
      return a - b;
    };
    const breathe = async (): Promise<void> => {
      most = Math.max(most, compared);
      compared = 0;
      pauses += 1;
    };
    await sortInSlices(values, compare, { breathe });
    assert.ok(most < SORTED_AT_ONCE * Math.log2(SORTED_AT_ONCE) * 1.5, `${most} comparisons at once`);
    for (const last of [1, pauses >> 1, pauses]) {
      let left = last;
      const stop = async (): Promise<void> => {
        left -= 1;
        if (left === 0) throw new Error('enough');
      };
      await assert.rejects(sortInSlices(values, compare, { breathe: stop }), /enough/);
    }
  });
});
