/** The errors of archives that break their format: what was read before them stays usable. */
import { CoreError } from '../../common/CoreError.ts';

/** @param reason a stable camelCase word: `truncated`, `tarChecksum`. */
export function damagedArchive(reason: string, cause?: unknown): CoreError {
  return new CoreError(
    'protocol',
    `the archive is damaged: ${reason}`,
    { operation: 'read layer', reason: 'damagedArchive', code: reason },
    cause,
  );
}
