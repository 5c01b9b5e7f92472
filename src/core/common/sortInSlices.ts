/** Sorts what may be a million values on a thread that others need. */
import type { Slices } from './TimeSlices.ts';

/** Values that are looked at between two chances for others. */
export const SORTED_AT_ONCE = 4096;

/** A sorted copy; equal values keep their order. @throws what `slices` throws */
export async function sortInSlices<Value>(
  values: readonly Value[],
  compare: (a: Value, b: Value) => number,
  slices: Slices,
): Promise<Value[]> {
  let runs: Value[][] = [];
  for (let at = 0; at < values.length; at += SORTED_AT_ONCE) {
    runs.push(values.slice(at, at + SORTED_AT_ONCE).sort(compare));
    await slices.breathe();
  }
  while (runs.length > 1) {
    const merged: Value[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await merge(runs[i]!, runs[i + 1] ?? [], compare, slices));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<Value>(
  left: readonly Value[],
  right: readonly Value[],
  compare: (a: Value, b: Value) => number,
  slices: Slices,
): Promise<Value[]> {
  const merged: Value[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const isLeft = j === right.length || (i < left.length && compare(left[i]!, right[j]!) <= 0);
    merged.push(isLeft ? left[i++]! : right[j++]!);
    if (merged.length % SORTED_AT_ONCE === 0) await slices.breathe();
  }
  return merged;
}
