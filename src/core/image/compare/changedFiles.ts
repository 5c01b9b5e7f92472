/** Which of the differing files one editor shows at once: those that both images have, with other content. */
import type { FileDifference, FileFacts } from './compareFiles.ts';

/** As many as the multi-diff editor shows at once without becoming slow. */
export const MAX_SHOWN_FILES = 100;

export interface ChangedFiles {
  /** The first of them, in the order that was given. */
  readonly shown: readonly { readonly before: FileFacts; readonly after: FileFacts }[];
  /** All there are. */
  readonly total: number;
}

export function changedFiles(differences: readonly FileDifference[]): ChangedFiles {
  const changed = differences.flatMap(({ kind, before, after }) =>
    kind === 'changed' && before?.type === 'file' && after?.type === 'file' ? [{ before, after }] : [],
  );
  return { shown: changed.slice(0, MAX_SHOWN_FILES), total: changed.length };
}
