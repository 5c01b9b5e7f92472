/** Where a text stops being JSON. JSON.parse says so only in a message that quotes the text, which may hold secrets. */

const TOKEN =
  /[ \t\r\n]*("[^"\\\u0000-\u001F]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[^"\\\u0000-\u001F]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null|[{}[\],:])/y;

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';

/** The line of the first thing that does not belong there; 1 is the first line. */
export function jsonProblemLine(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    const next: Expected | undefined = token === undefined ? undefined : follow(token, expected, open);
    if (next === undefined) break;
    expected = next;
    at = TOKEN.lastIndex;
  }
  const problem = at + /^[ \t\r\n]*/.exec(text.slice(at))![0].length;
  // What is missing at the end is missed on the last line that has something.
  const end = problem === text.length ? at : problem;
  return text.slice(0, end).split('\n').length;
}

/** What may stand after `token`; undefined where `token` may not stand. */
function follow(token: string, expected: Expected, open: string[]): Expected | undefined {
  const close = (): Expected => {
    open.pop();
    return open.length === 0 ? 'nothing' : 'commaOrEnd';
  };
  const isValue = expected === 'value' || expected === 'valueOrEnd';
  switch (token) {
    case '{':
    case '[':
      if (!isValue) return undefined;
      open.push(token);
      return token === '{' ? 'keyOrEnd' : 'valueOrEnd';
    case '}':
      if (open.at(-1) !== '{') return undefined;
      return expected === 'keyOrEnd' || expected === 'commaOrEnd' ? close() : undefined;
    case ']':
      if (open.at(-1) !== '[') return undefined;
      return expected === 'valueOrEnd' || expected === 'commaOrEnd' ? close() : undefined;
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    case ',':
      if (expected !== 'commaOrEnd') return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    default:
      if (expected === 'key' || expected === 'keyOrEnd') return token.startsWith('"') ? 'colon' : undefined;
      if (!isValue) return undefined;
      return open.length === 0 ? 'nothing' : 'commaOrEnd';
  }
}
