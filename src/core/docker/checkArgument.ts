/** What a person or a registry gave, before it becomes an argument of a program. */
import { CoreError } from '../common/CoreError.ts';

/**
 * Returns `value` unchanged when it cannot be mistaken for an option nor split a line.
 * @param what names the value in the error: `tag`, `build argument`.
 * @throws CoreError `invalidInput`, reason `empty`, `leadingDash` or `controlCharacter`.
 */
export function checkArgument(value: string, what: string): string {
  const reason =
    value === ''
      ? 'empty'
      : value.startsWith('-')
        ? 'leadingDash'
        : /[\r\n\0]/.test(value)
          ? 'controlCharacter'
          : undefined;
  if (reason !== undefined) {
    throw new CoreError('invalidInput', `unfit ${what} (${reason}): ${JSON.stringify(value.slice(0, 100))}`, {
      subject: what,
      reason,
    });
  }
  return value;
}
