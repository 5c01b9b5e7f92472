/**
 * Sharpens the transport's errors by what only this room knows: which error code a vague status came with, and what a
 * refusal means for the operation. Source: OCI distribution-spec 1.1, "Error Codes".
 */
import { CoreError, isCoreError } from '../common/CoreError.ts';
import type { ErrorDetails, ErrorKind } from '../common/CoreError.ts';

/** What was attempted, for errors. */
export interface RequestContext {
  readonly host: string;
  readonly operation: string;
  readonly subject?: string;
  readonly signature?: string;
}

/** For statuses that say nothing by themselves, 400 above all. */
const KIND_OF_CODE: Readonly<Record<string, ErrorKind>> = {
  UNAUTHORIZED: 'unauthorized',
  DENIED: 'forbidden',
  UNSUPPORTED: 'unsupported',
  TOOMANYREQUESTS: 'rateLimited',
  NAME_UNKNOWN: 'notFound',
  MANIFEST_UNKNOWN: 'notFound',
  BLOB_UNKNOWN: 'notFound',
  NAME_INVALID: 'invalidInput',
  TAG_INVALID: 'invalidInput',
  GOOGLE_MANIFEST_DANGLING_TAG: 'conflict',
  GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE: 'conflict',
};

/** What a maker's own code says more exactly than its kind. */
const REASON_OF_CODE: Readonly<Record<string, string>> = {
  GOOGLE_MANIFEST_DANGLING_TAG: 'manifestHasTags',
  GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE: 'manifestHasParents',
};

/** Throws `error` again; a refusal without a telling status becomes the kind its code names. */
export function rethrowByCode(error: unknown): never {
  if (isCoreError(error, 'protocol') && error.details.status !== undefined) {
    const { code = '' } = error.details;
    const kind = KIND_OF_CODE[code];
    const reason = kind === undefined ? 'refused' : REASON_OF_CODE[code];
    throw withKind(error, kind ?? error.kind, reason === undefined ? {} : { reason });
  }
  throw error;
}

/** The same failure as another kind or with a finer reason. */
export function withKind(error: CoreError, kind: ErrorKind, details: ErrorDetails = {}): CoreError {
  return new CoreError(kind, error.message, { ...error.details, ...details }, error);
}

/** For a reply that no registry would give: a captive portal, a login page, a web site. */
export function notARegistryError(context: RequestContext, status: number, reason: string): CoreError {
  return new CoreError('notARegistry', `${context.operation}: ${context.host} did not answer as a registry`, {
    ...context,
    status,
    reason,
  });
}
