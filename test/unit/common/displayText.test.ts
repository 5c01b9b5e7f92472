import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toDisplayLine, toDisplayText } from '../../../src/core/common/displayText.ts';

// C0 and C1 without tab and newline, bidi marks and overrides, zero-width characters, tags.
const FORBIDDEN =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]|[\u{E0000}-\u{E007F}]/u;

describe('toDisplayText', () => {
  it('keeps lines, tabs and every script', () => {
    assert.equal(toDisplayText('a\tb\nÄ 日本 🐳'), 'a\tb\nÄ 日本 🐳');
    assert.equal(toDisplayText('a\r\nb\rc'), 'a\nb\nc');
  });

  it('removes terminal sequences with what they carry', () => {
    assert.equal(toDisplayText('\u001B[31mred\u001B[0m'), 'red');
    assert.equal(toDisplayText('\u001B]8;;https://evil.example\u0007link\u001B]8;;\u0007'), 'link');
    assert.equal(toDisplayText('\u001B]0;title\u001B\\x'), 'x');
    assert.equal(toDisplayText('\u009B2Jx\u001BPdcs\u001B\\y'), 'xy');
  });

  it('removes what hides or reorders text', () => {
    assert.equal(toDisplayText('abc\u202Etxt.exe\u200B\u2066\uFEFF\u00AD'), 'abctxt.exe');
  });

  it('leaves nothing forbidden of anything', () => {
    const nasty = fc.constantFrom(
      '\u001B',
      '[',
      ']',
      '\u0007',
      '\u001B\\',
      '\u009B',
      '\u202E',
      '\u200D',
      'm',
      '3',
      '\0',
      '\u{E0041}',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 3 }))), (parts) => {
        assert.doesNotMatch(toDisplayText(parts.join('')), FORBIDDEN);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('toDisplayLine', () => {
  it('makes one line and marks a cut', () => {
    assert.equal(toDisplayLine('  a\n\tb  c '), 'a b c');
    assert.equal(toDisplayLine('abcdef', 6), 'abcdef');
    assert.equal(toDisplayLine('abcdefg', 6), 'abcde…');
  });

  it('is never longer than asked and holds no line break', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, length) => {
        const line = toDisplayLine(text, length);
        assert.ok(line.length <= length);
        assert.doesNotMatch(line, /[\n\t\u2028\u2029]/);
      }),
    );
  });
});
