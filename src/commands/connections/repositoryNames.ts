/** Names of repositories in one field, separated by commas or spaces. */
import { toDisplayLine } from '../../core/common/displayText.ts';
import { parseRepositoryName } from '../../core/oci/reference.ts';
import { wordError } from '../../platform/wordError.ts';

export function splitRepositories(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\s,]+/)
        .map((name) => name.replace(/^\/+|\/+$/g, ''))
        .filter(Boolean),
    ),
  ];
}

/** What is wrong with the first bad name of a list, undefined when all are good. */
export function problemOfRepositories(text: string): string | undefined {
  for (const name of splitRepositories(text)) {
    try {
      parseRepositoryName(name);
    } catch (error) {
      return `${toDisplayLine(name)}: ${wordError(error).message}`;
    }
  }
  return undefined;
}
