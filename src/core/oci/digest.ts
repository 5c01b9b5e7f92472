/** Content digests. Source: OCI image-spec, descriptor.md, "Digests". */
import { createHash } from 'node:crypto';
import { CoreError } from '../common/CoreError.ts';

/** `algorithm:hex`, already checked by `parseDigest` or `isDigest`. */
export type Digest = `${string}:${string}`;

const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** True for a digest of an algorithm we can verify (sha256, sha512) in lower-case hex of the right length. */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  const expectedLength = HEX_LENGTH[text.slice(0, colon)];
  const hex = text.slice(colon + 1);
  return expectedLength === hex.length && /^[0-9a-f]+$/.test(hex);
}

/** @throws CoreError `invalidInput` when `isDigest` is false. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new CoreError('invalidInput', `not a digest: ${JSON.stringify(text.slice(0, 160))}`, {
      reason: 'digest',
    });
  }
  return text;
}

/** Digest of `bytes`; sha256 unless told otherwise. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** The algorithm part of a digest, fit for `createHash`. */
export function digestAlgorithm(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The first `length` hex characters, as people quote digests. */
export function shortDigest(digest: string, length = 12): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, length);
}
