/**
 * The one error type of the core. Carries what happened as data so that `platform` can word it for people;
 * nobody matches on message text.
 */

/** What went wrong, independent of wording. Numbers in comments are rows of the fault table the kind answers. */
export type ErrorKind =
  | 'cancelled'
  | 'invalidInput'
  | 'hostNotFound' // 1
  | 'connectionRefused' // 2
  | 'connectTimeout' // 3
  | 'connectionReset' // 4, 6
  | 'timeout' // 13, 14
  | 'tls' // 50
  | 'proxy' // 51
  | 'notARegistry' // 49
  | 'unauthorized' // 24, 25
  | 'forbidden' // 31
  | 'notFound' // 31
  | 'unsupported' // 32
  | 'rateLimited' // 20-22
  | 'serverError' // 23
  | 'redirectRefused' // 35-37
  | 'realmRefused' // 27
  | 'tokenFailed' // 28, 29
  | 'protocol' // 9, 11, 15, 16, 18, 44-48: the reply breaks the protocol
  | 'digestMismatch' // 12, 17, 42, 43
  | 'sizeMismatch' // 7, 8
  | 'tooLarge' // 19, 45: over one of our caps
  | 'conflict' // 56: the tag moved since it was shown
  | 'credentialHelper' // 53
  | 'dockerMissing' // 52
  | 'dockerUnreachable'
  | 'dockerFailed'
  | 'disk'; // 54

/** Facts about the failure. Never holds a secret, a token or a query string. */
export interface ErrorDetails {
  /** `host` or `host:port` the request went to. */
  readonly host?: string;
  /** What was attempted, as a verb phrase in English for logs: `list tags`, `delete manifest`. */
  readonly operation?: string;
  /** What it was attempted on: a reference, repository, file or command. */
  readonly subject?: string;
  /** HTTP status of the final reply. */
  readonly status?: number;
  /** Error code from the registry's body (`MANIFEST_UNKNOWN`) or from Node (`ECONNREFUSED`). */
  readonly code?: string;
  /** The registry's own message, already stripped of control characters, 500 characters at most. */
  readonly registryMessage?: string;
  /** A finer reason within the kind, a stable camelCase word: `unknownAuthority`, `deleteDisabled`. */
  readonly reason?: string;
  /** The scope, permission, profile or role that is missing or wrong, as its maker calls it: `read:packages`. */
  readonly missing?: string;
  /** Web page where what is missing is made or granted, where the provider knows it: an address of our own making. */
  readonly page?: string;
  /** How what answered signs itself: product and version. */
  readonly signature?: string;
  /** Seconds the server asked us to wait. */
  readonly retryAfterSeconds?: number;
  /** For `redirectRefused` and `realmRefused`: the host we were sent to. */
  readonly otherHost?: string;
  /** Line of the file named by `subject`, 1 is the first. */
  readonly line?: number;
  /** For `tls`: a certificate file that is there for the host and could not be used, with why. */
  readonly unusedFile?: string;
  /** For `tls`: SHA-256 fingerprint of the certificate that was shown, `AB:CD:…`. */
  readonly fingerprint256?: string;
  /** For `docker*` and `credentialHelper`: the exit code and the tail of what was printed (no secrets). */
  readonly exitCode?: number;
  readonly output?: string;
}

export class CoreError extends Error {
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CoreError';
    this.kind = kind;
    this.details = details;
  }
}

/** Narrows to a CoreError, optionally of one of `kinds`. */
export function isCoreError(error: unknown, ...kinds: ErrorKind[]): error is CoreError {
  return error instanceof CoreError && (kinds.length === 0 || kinds.includes(error.kind));
}
