/** Output of `--format '{{json .}}'`: one object a line, or (Podman) one array. */
import * as v from 'valibot';

/** Rows that fit `schema`; lines that are no JSON (warnings) and rows of another shape are left out. */
export function parseJsonLines<Schema extends v.GenericSchema>(
  stdout: string,
  schema: Schema,
): v.InferOutput<Schema>[] {
  const whole = tryParse(stdout);
  const rows = Array.isArray(whole) ? (whole as unknown[]) : stdout.split('\n').map(tryParse);
  return rows.flatMap((row) => {
    const parsed = v.safeParse(schema, row);
    return parsed.success ? [parsed.output] : [];
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
