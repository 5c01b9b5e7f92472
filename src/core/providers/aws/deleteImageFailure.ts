/** Why BatchDeleteImage left an image where it is. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageFailure.html */
import { CoreError, type ErrorKind } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';

interface ImageFailure {
  readonly failureCode?: string | undefined;
  readonly failureReason?: string | undefined;
}

const KINDS: Readonly<Record<string, readonly [kind: ErrorKind, reason?: string]>> = {
  ImageNotFound: ['notFound'],
  ImageReferencedByManifestList: ['conflict', 'referencedByIndex'],
  InvalidImageTag: ['invalidInput', 'badTag'],
};

/** @throws CoreError when there is a failure: the reply's status is 200 all the same. */
export function throwIfNotDeleted(
  failures: readonly ImageFailure[] | undefined,
  operation: string,
  subject: string,
): void {
  const failure = failures?.[0];
  if (failure === undefined) return;
  const { failureCode = 'unknown', failureReason } = failure;
  const [kind, reason] = KINDS[failureCode] ?? ['protocol', 'badReply'];
  throw new CoreError(kind, `${operation}: ${failureCode}`, {
    operation,
    subject,
    code: failureCode,
    ...(reason !== undefined && { reason }),
    ...(failureReason !== undefined && { registryMessage: toDisplayLine(failureReason, 500) }),
  });
}
