/** A list of which one entry that is not as expected does not spoil the others. */
import * as v from 'valibot';

/** Entries that `schema` does not accept are left out; null and a missing list are empty. */
export function tolerantList<Output>(
  schema: v.GenericSchema<unknown, Output>,
): v.GenericSchema<unknown, Output[]> {
  return v.pipe(
    v.nullish(v.array(v.unknown()), []),
    v.transform((entries) =>
      entries.flatMap((entry) => {
        const parsed = v.safeParse(schema, entry);
        return parsed.success ? [parsed.output] : [];
      }),
    ),
  );
}
