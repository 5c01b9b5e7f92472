/** Schema pieces for documents written by many programs: what only informs never makes the rest unreadable. */
import * as v from 'valibot';

/** Absent, null or of a wrong type is the same as not there. */
export const informative = <T>(schema: v.GenericSchema<unknown, T>) =>
  v.fallback(v.optional(schema), undefined);

/** A map of strings; entries that are no strings are left out. */
export const stringMap = v.pipe(
  v.record(v.string(), v.unknown()),
  v.transform((entries) =>
    Object.fromEntries(
      Object.entries(entries).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  ),
);
