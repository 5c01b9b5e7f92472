/** Long docker work inside an activity: progress in words, output, Cancel; failures say what they were about. */
import { CoreError, isCoreError, type ErrorDetails } from '../../core/common/CoreError.ts';
import type { WorkOptions } from '../../core/docker/Docker.ts';
import { tryParseReference } from '../../core/oci/reference.ts';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { describeWork } from './describeWork.ts';

export function trackWork({ signal, report, append }: ActivityHandle): WorkOptions {
  return {
    signal,
    onOutput: append,
    onProgress: (state) => {
      const { message, share } = describeWork(state);
      report(message, share);
    },
  };
}

/** Docker's failures do not name the reference; this adds it and its host. */
export async function about<Result>(reference: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const host = tryParseReference(reference)?.host;
    throw withDetails(error, { subject: reference, ...(host !== undefined && { host }) });
  }
}

/** The same error with more facts; what is not a CoreError, or a cancellation, as it is. */
export function withDetails(error: unknown, details: ErrorDetails): unknown {
  if (!isCoreError(error) || error.kind === 'cancelled') return error;
  return new CoreError(error.kind, error.message, { ...error.details, ...details }, error);
}
