/** Turns what sockets, TLS and undici throw into CoreError, by code, never by message. */
import { CoreError, isCoreError, type ErrorDetails, type ErrorKind } from '../../common/CoreError.ts';

const KIND_OF_CODE: Readonly<Record<string, ErrorKind>> = {
  ENOTFOUND: 'hostNotFound',
  EAI_AGAIN: 'hostNotFound',
  EAI_FAIL: 'hostNotFound',
  ENODATA: 'hostNotFound',
  ECONNREFUSED: 'connectionRefused',
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeout',
  ETIMEDOUT: 'connectTimeout',
  EHOSTUNREACH: 'connectTimeout',
  ENETUNREACH: 'connectTimeout',
  EHOSTDOWN: 'connectTimeout',
  ECONNRESET: 'connectionReset',
  EPIPE: 'connectionReset',
  UND_ERR_SOCKET: 'connectionReset',
  UND_ERR_CLOSED: 'cancelled',
  UND_ERR_DESTROYED: 'cancelled',
  UND_ERR_ABORTED: 'cancelled',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'sizeMismatch',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'sizeMismatch',
};

const REASON_OF_CODE: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_OVERFLOW: 'headersTooLarge',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  HPE_INVALID_CHUNK_SIZE: 'badChunking',
};

/** OpenSSL's and Node's words for a refused certificate, as reasons the interface can explain. */
const TLS_REASON: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknownAuthority',
  UNABLE_TO_GET_ISSUER_CERT: 'unknownAuthority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknownAuthority',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknownAuthority',
  CERT_UNTRUSTED: 'unknownAuthority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'selfSigned',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'notYetValid',
  CERT_REVOKED: 'revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'nameMismatch',
};

/** The CoreError for a certificate that was refused before anything was sent. */
export function certificateError(code: string, host: string, fingerprint256: string | undefined): CoreError {
  return new CoreError('tls', `the certificate of ${host} was refused: ${code}`, {
    host,
    code,
    reason: TLS_REASON[code] ?? code,
    ...(fingerprint256 === undefined ? {} : { fingerprint256 }),
  });
}

/** A CoreError passes through with `details` filled in where it lacks them. */
export function toNetworkError(error: unknown, details: ErrorDetails): CoreError {
  if (isCoreError(error)) return withDetails(error, details);
  const code = codeOf(error);
  const facts = { ...details, ...(code === undefined ? {} : { code }) };
  const message = `${details.operation ?? 'request'} on ${details.host ?? 'the registry'} failed: ${code ?? 'unknown error'}`;
  const kind = code === undefined ? undefined : KIND_OF_CODE[code];
  if (kind !== undefined) return new CoreError(kind, message, facts, error);
  if (code !== undefined && (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')) {
    return new CoreError('tls', message, { ...facts, reason: TLS_REASON[code] ?? 'handshake' }, error);
  }
  const reason = REASON_OF_CODE[code ?? ''] ?? 'malformedReply';
  return new CoreError('protocol', message, { ...facts, reason }, error);
}

export function withDetails(error: CoreError, details: ErrorDetails): CoreError {
  return new CoreError(error.kind, error.message, { ...details, ...error.details }, error.cause);
}

/** The code of an error, of the first cause that has one, or of the first of an AggregateError. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
