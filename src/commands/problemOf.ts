import { wordError } from '../platform/wordError.ts';

/** What is wrong with a text, for the field it is typed in: what parsing it throws, in words. Undefined where it parses. */
export function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return wordError(error).message;
  }
}
