import * as assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatBuildArguments, parseBuildArguments } from '../../../src/core/docker/buildArgumentText.ts';
import { isCoreError } from '../../../src/core/common/CoreError.ts';

describe('Build arguments as text', () => {
  it('take quotes around values with spaces', () => {
    assert.deepEqual(parseBuildArguments(`A=1 TITLE="two words" C='it is' D= E=a=b`), {
      A: '1',
      TITLE: 'two words',
      C: 'it is',
      D: '',
      E: 'a=b',
    });
    assert.deepEqual(parseBuildArguments('  '), {});
  });

  it('name the part that is none', () => {
    for (const [text, subject] of [
      ['A=1 words', 'words'],
      ['1A=2', '1A=2'],
      ['--flag=x', '--flag=x'],
      ['=x', '=x'],
    ] as const) {
      assert.throws(
        () => parseBuildArguments(text),
        (error) =>
          isCoreError(error, 'invalidInput') &&
          error.details.reason === 'buildArgument' &&
          error.details.subject === subject,
      );
    }
  });

  it('come back from their text as they were', () => {
    const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
    const value = fc.stringMatching(/^[ a-z0-9.:/=@'-]{0,12}$/).filter((text) => !/''/.test(text));
    fc.assert(
      fc.property(fc.dictionary(name, value), (values) => {
        assert.deepEqual({ ...parseBuildArguments(formatBuildArguments(values)) }, { ...values });
      }),
    );
  });
});
