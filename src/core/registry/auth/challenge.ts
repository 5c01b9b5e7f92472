/** `WWW-Authenticate`: several challenges in one or many headers, in any order, quoted or not. Source: RFC 9110, 11.3 and 11.6.1. */

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One element of the header: `scheme`, `scheme token68`, `scheme name=value` or `name=value`. */
const ELEMENT =
  /^(?:([!#$%&'*+.^_`|~\w-]+)(?![ \t]*=)(?:[ \t]+|$))?(?:([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"?|([^\s",=][^\s",]*)))?/;

/** What cannot be read is left out: a registry with one odd challenge may still have a good one. */
export function parseChallenges(header: string | string[] | undefined): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const lines = header === undefined ? [] : Array.isArray(header) ? header : [header];
  for (const line of lines) {
    let current: (typeof challenges)[number] | undefined;
    for (const element of splitOutsideQuotes(line)) {
      const match = ELEMENT.exec(element);
      if (match === null) continue;
      const [, scheme, name, quoted, plain] = match;
      if (scheme !== undefined) {
        current = { scheme: scheme.toLowerCase(), parameters: new Map() };
        challenges.push(current);
      }
      const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
      if (current !== undefined && name !== undefined && value !== undefined) {
        const key = name.toLowerCase();
        if (!current.parameters.has(key)) current.parameters.set(key, value);
      }
    }
  }
  return challenges;
}

/** Splits at commas that are not within quotes. */
function splitOutsideQuotes(line: string): string[] {
  return [...line.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^",])+/g)].map(([element]) => element.trim());
}
