/** What came out for one signature, and for all of an image together. */
import type { Digest } from '../oci/digest.ts';
import type { AttachedDocument } from './AttachedDocument.ts';

/**
 * `verified`: the key made it, and it names this image. `otherDigest`: the key made it for another image.
 * `keyMismatch`: the key did not make it, or it was changed since. `keyless`: made with a certificate, which was not
 * checked. `notChecked`: of a kind Berth cannot check. `unreadable`: could not be read from the registry.
 */
export type SignatureOutcome =
  'verified' | 'otherDigest' | 'keyMismatch' | 'keyless' | 'notChecked' | 'unreadable';

export interface CheckedSignature {
  readonly document: AttachedDocument;
  readonly outcome: SignatureOutcome;
  /** For `otherDigest`: the first image it was made for. */
  readonly signedDigest?: Digest;
  /** The name the signer used for the image, as it is signed. */
  readonly dockerReference?: string;
}

/** One word for all: the best there is, since an image may carry signatures of several keys. Undefined: no signature. */
export function overallOutcome(checked: readonly CheckedSignature[]): SignatureOutcome | undefined {
  const order: readonly SignatureOutcome[] = [
    'verified',
    'otherDigest',
    'keyMismatch',
    'keyless',
    'notChecked',
    'unreadable',
  ];
  return order.find((outcome) => checked.some((each) => each.outcome === outcome));
}
