/** JSON from a registry, read strictly: valid UTF-8, nothing repaired. */
import { CoreError } from '../common/CoreError.ts';

/**
 * @param subject what it is, for the error: `manifest`.
 * @throws CoreError `protocol` with reason `notJson`; the content is not repeated.
 */
export function parseJson(bytes: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // No cause: the message of JSON.parse quotes the text.
    throw new CoreError('protocol', `the ${subject} is not JSON`, { reason: 'notJson', subject });
  }
}
