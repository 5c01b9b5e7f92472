import assert from 'node:assert/strict';
import fc from 'fast-check';
import { jsonProblemLine } from '../../../src/core/common/jsonProblemLine.ts';

describe('jsonProblemLine', () => {
  for (const [text, line] of [
    ['', 1],
    ['{', 1],
    ['{\n "a": 1,\n}\n', 3],
    ['{\n "a": 1\n "b": 2\n}', 3],
    ['{\n "a": [1,\n  2,,\n 3]\n}', 3],
    ['{\n "a": "x\n"}', 2],
    ["{\n 'a': 1}", 2],
    ['{\n "a": 1\n\n\n', 2],
    ['{"a": 1}\nx', 2],
    ['[1}\n', 1],
    ['{"a"\n1}', 2],
    ['{"a": tru\n}', 1],
    ['{\n// a comment\n}', 2],
    ['{"a": "\\x"}', 1],
  ] as const) {
    it(`finds line ${line} in ${JSON.stringify(text)}`, () => assert.equal(jsonProblemLine(text), line));
  }

  it('finds nothing before the end of what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 2), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), undefined, indent);
        const lines = text.split('\n').length;
        assert.equal(jsonProblemLine(text), lines);
        assert.equal(jsonProblemLine(`${text}\n\n?`), lines + 2);
      }),
    );
  });
});
