/**
 * What was verified in this session, by the digest it holds for: a tag that moves has another digest, and nothing is
 * known of that one. Never kept on disk: a key or an image may have changed by tomorrow.
 */
import * as vscode from 'vscode';
import type { Digest } from '../core/oci/digest.ts';
import { documentId } from '../core/trust/AttachedDocument.ts';
import type { AttachedDocument } from '../core/trust/AttachedDocument.ts';
import {
  overallOutcome,
  type CheckedSignature,
  type SignatureOutcome,
} from '../core/trust/CheckedSignature.ts';

export interface ImageDigest {
  readonly connectionId: string;
  readonly repository: string;
  readonly digest: Digest;
}

export interface Verification {
  /** Name of the key's file, without its folder. */
  readonly keyName: string;
  readonly fingerprint: string;
  readonly checked: readonly CheckedSignature[];
}

export class Verifications implements vscode.Disposable {
  readonly #byImage = new Map<string, Verification>();
  readonly #changed = new vscode.EventEmitter<ImageDigest>();
  /** Names the image of which something else is known now. */
  readonly onDidChange = this.#changed.event;

  dispose(): void {
    this.#changed.dispose();
  }

  record(image: ImageDigest, verification: Verification): void {
    this.#byImage.set(keyOf(image), verification);
    this.#changed.fire(image);
  }

  get(image: ImageDigest): Verification | undefined {
    return this.#byImage.get(keyOf(image));
  }

  /** The check of an image that ended well. */
  verified(image: ImageDigest): Verification | undefined {
    const verification = this.get(image);
    return verification && overallOutcome(verification.checked) === 'verified' ? verification : undefined;
  }

  /** What came out for one document, with the key it was checked with. */
  outcomeOf(
    image: ImageDigest,
    document: AttachedDocument,
  ): { readonly outcome: SignatureOutcome; readonly keyName: string } | undefined {
    const verification = this.get(image);
    const id = documentId(document);
    const found = verification?.checked.find((each) => documentId(each.document) === id);
    return verification && found && { outcome: found.outcome, keyName: verification.keyName };
  }
}

function keyOf({ connectionId, repository, digest }: ImageDigest): string {
  return `${connectionId}\n${repository}\n${digest}`;
}
