import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { checkArgument } from '../../../src/core/docker/checkArgument.ts';

describe('checkArgument', () => {
  for (const [value, reason] of [
    ['', 'empty'],
    ['-rf', 'leadingDash'],
    ['--privileged', 'leadingDash'],
    ['a\nb', 'controlCharacter'],
    ['a\r', 'controlCharacter'],
    ['a\0b', 'controlCharacter'],
  ] as const) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => checkArgument(value, 'tag'),
        (error) =>
          isCoreError(error, 'invalidInput') &&
          error.details.reason === reason &&
          error.details.subject === 'tag',
      );
    });
  }

  it('gives back everything else unchanged', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        fc.pre(!value.startsWith('-') && !/[\r\n\0]/.test(value));
        assert.equal(checkArgument(value, 'tag'), value);
      }),
    );
  });
});
