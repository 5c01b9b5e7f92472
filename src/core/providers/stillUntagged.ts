/** A manifest is deleted as untagged only while it is: DELETE by digest takes along the tags it has got since it was listed. */
import { CoreError } from '../common/CoreError.ts';

/** @param tags that the manifest has now. @throws CoreError `conflict` with reason `manifestHasTags`. */
export function throwIfTagged(tags: readonly unknown[] | undefined, host: string, subject: string): void {
  if (tags === undefined || tags.length === 0) return;
  throw new CoreError('conflict', 'the manifest has a tag by now', {
    host,
    operation: 'delete manifest',
    subject,
    reason: 'manifestHasTags',
  });
}
