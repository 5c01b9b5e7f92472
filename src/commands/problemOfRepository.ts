/** What is wrong with a typed name of a repository, for the field it is typed in. */
import { parseRepositoryName } from '../core/oci/reference.ts';
import { wordError } from '../platform/wordError.ts';

/** Undefined where it is good, or not whole yet. */
export function problemOfRepository(text: string): string | undefined {
  if (text === '' || text.endsWith('/')) return undefined;
  try {
    parseRepositoryName(text.trim());
    return undefined;
  } catch (error) {
    return wordError(error).message;
  }
}
