/** One JSON document printed by docker. */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';

/** @throws CoreError `dockerFailed`, reason `unreadableOutput`, when it is no JSON or has another shape. */
export function parseJsonOutput<Schema extends v.GenericSchema>(
  stdout: string,
  schema: Schema,
  operation: string,
): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(stdout));
  } catch (cause) {
    throw new CoreError(
      'dockerFailed',
      `${operation} printed something unexpected`,
      { operation, reason: 'unreadableOutput' },
      cause,
    );
  }
}
