/** Reads a document of the supply chain once, at the edge. */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import { parseJson } from '../oci/parseJson.ts';

/** @throws CoreError `protocol` with reason `notJson` or `badDocument`; the content is not repeated. */
export function parseDocument<Value>(
  schema: v.GenericSchema<unknown, Value>,
  bytes: Uint8Array,
  subject: string,
): Value {
  const result = v.safeParse(schema, parseJson(bytes, subject));
  if (result.success) return result.output;
  throw new CoreError('protocol', `not a ${subject}`, { reason: 'badDocument', subject });
}
