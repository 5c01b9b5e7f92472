/** The build steps of two images as one list: steps they share once, the others where they belong. */
import type { HistoryEntry } from '../../oci/imageConfig.ts';

export interface HistoryDifference {
  readonly kind: 'same' | 'removed' | 'added';
  readonly entry: HistoryEntry;
}

/** Beyond, only the common start and end are recognised: the table grows with the product of both. */
const MAX_ALIGNED = 2_000;

/**
 * Base first. Steps are the same when what was run is the same, whatever the time. A shortest such list, removed steps
 * in front of the added ones that took their place.
 */
export function compareHistories(
  before: readonly HistoryEntry[],
  after: readonly HistoryEntry[],
): HistoryDifference[] {
  let start = 0;
  while (start < Math.min(before.length, after.length) && isSameStep(before[start]!, after[start]!))
    start += 1;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && isSameStep(before.at(-1 - end)!, after.at(-1 - end)!)) end += 1;
  const as = (kind: HistoryDifference['kind']) => (entry: HistoryEntry) => ({ kind, entry });
  return [
    ...after.slice(0, start).map(as('same')),
    ...align(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...after.slice(after.length - end).map(as('same')),
  ];
}

/** By the longest common subsequence. */
function align(before: readonly HistoryEntry[], after: readonly HistoryEntry[]): HistoryDifference[] {
  const canAlign = before.length <= MAX_ALIGNED && after.length <= MAX_ALIGNED;
  const lengths = canAlign ? commonLengths(before, after) : undefined;
  const result: HistoryDifference[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    if (lengths && left && right && isSameStep(left, right)) {
      result.push({ kind: 'same', entry: right });
      i += 1;
      j += 1;
    } else if (left && (!right || !lengths || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      result.push({ kind: 'removed', entry: left });
      i += 1;
    } else {
      result.push({ kind: 'added', entry: right! });
      j += 1;
    }
  }
  return result;
}

/** `[i][j]`: how many steps the rests from i and from j have in common. */
function commonLengths(before: readonly HistoryEntry[], after: readonly HistoryEntry[]): Uint16Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i]![j] = isSameStep(before[i]!, after[j]!)
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}

function isSameStep(a: HistoryEntry, b: HistoryEntry): boolean {
  return a.createdBy === b.createdBy && a.emptyLayer === b.emptyLayer;
}
