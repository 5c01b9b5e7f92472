/**
 * The one point where text from outside (registry, docker, files) is made safe to show: no control characters,
 * no terminal sequences, no bidi overrides, no zero-width characters.
 */

const ESCAPE_SEQUENCES =
  /\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B[PX^_][^\u001B]*(?:\u001B\\)?|[\u001B\u009B]\[?[0-?]*[ -/]*[@-~]/g;
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
const INVISIBLE = /[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;

/** Text of several lines: keeps `\n` and `\t`, removes everything else that is not printable. */
export function toDisplayText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(ESCAPE_SEQUENCES, '')
    .replace(CONTROLS, '')
    .replace(INVISIBLE, '');
}

/** One line of at most `maxLength` characters: line breaks and tabs become spaces, an ellipsis marks a cut. */
export function toDisplayLine(text: string, maxLength = 200): string {
  const line = toDisplayText(text).replace(/\s+/g, ' ').trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}
