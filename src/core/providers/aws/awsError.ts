/**
 * What the AWS SDK throws, as CoreError. AWS names its errors; the names are in the "Common Errors" and "Errors" sections
 * of https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
 */
import { CoreError, isCoreError, type ErrorDetails, type ErrorKind } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { redact } from '../../common/redact.ts';

/** What was asked of AWS. */
export interface AwsRequest {
  /** Verb phrase for errors: `list repositories`. */
  readonly operation: string;
  readonly subject?: string;
  /** The permission it takes: `ecr:DescribeRepositories`. */
  readonly permission: string;
}

const KINDS: Readonly<Record<string, readonly [kind: ErrorKind, reason?: string]>> = {
  AccessDenied: ['forbidden', 'missingPermission'],
  AccessDeniedException: ['forbidden', 'missingPermission'],
  UnauthorizedException: ['unauthorized', 'awsCredentialsRefused'],
  ExpiredToken: ['unauthorized', 'awsCredentialsRefused'],
  ExpiredTokenException: ['unauthorized', 'awsCredentialsRefused'],
  IncompleteSignature: ['unauthorized', 'awsCredentialsRefused'],
  InvalidClientTokenId: ['unauthorized', 'awsCredentialsRefused'],
  InvalidSignatureException: ['unauthorized', 'awsCredentialsRefused'],
  MissingAuthenticationTokenException: ['unauthorized', 'awsCredentialsRefused'],
  SignatureDoesNotMatch: ['unauthorized', 'awsCredentialsRefused'],
  UnrecognizedClientException: ['unauthorized', 'awsCredentialsRefused'],
  ImageNotFoundException: ['notFound'],
  RegistryNotFoundException: ['notFound'],
  RepositoryNotFoundException: ['notFound', 'repositoryUnknown'],
  RepositoryAlreadyExistsException: ['conflict', 'repositoryExists'],
  LimitExceededException: ['forbidden', 'quota'],
  RequestLimitExceeded: ['rateLimited'],
  Throttling: ['rateLimited'],
  ThrottlingException: ['rateLimited'],
  TooManyRequestsException: ['rateLimited'],
  ServerException: ['serverError'],
  UnsupportedCommandException: ['unsupported'],
};

interface ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
}

/** @param profile the one whose credentials were used, for the person to look at. */
export function toAwsError(error: unknown, host: string, profile: string, request: AwsRequest): CoreError {
  const { operation, subject, permission } = request;
  const about = { host, operation, ...(subject !== undefined && { subject }) };
  if (isCoreError(error)) {
    return new CoreError(error.kind, error.message, { ...about, ...error.details, operation }, error);
  }
  if (!isServiceError(error)) {
    return new CoreError(
      'protocol',
      `unexpected reply to ${operation}`,
      { ...about, reason: 'badReply' },
      error,
    );
  }
  const status = error.$metadata.httpStatusCode;
  const [kind, reason] = KINDS[error.name] ?? kindOfStatus(status);
  const details: ErrorDetails = {
    ...about,
    ...(status !== undefined && { status }),
    code: error.name,
    ...(reason !== undefined && { reason }),
    ...(reason === 'missingPermission' && { missing: permission }),
    ...(reason === 'awsCredentialsRefused' && { missing: profile }),
    registryMessage: toDisplayLine(redact(error.message), 500),
  };
  return new CoreError(kind, `${operation} on ${host}: ${error.name}`, details, error);
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && '$fault' in error && '$metadata' in error;
}

function kindOfStatus(status: number | undefined): readonly [ErrorKind, string?] {
  if (status === 403) return ['forbidden', 'missingPermission'];
  if (status === 401) return ['unauthorized', 'awsCredentialsRefused'];
  if (status === 429) return ['rateLimited'];
  return status !== undefined && status >= 500 ? ['serverError'] : ['protocol', 'badReply'];
}
