/** What is wrong with a typed name of a repository, for the field it is typed in. */
import { parseRepositoryName } from '../core/oci/reference.ts';
import { problemOf } from './problemOf.ts';

/** Undefined where it is good, or not whole yet. */
export function problemOfRepository(text: string): string | undefined {
  if (text === '' || text.endsWith('/')) return undefined;
  return problemOf(() => parseRepositoryName(text.trim()));
}
