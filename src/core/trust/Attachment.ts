/**
 * Something attached to an image: a manifest that holds signatures, attestations, an SBOM or any other artifact. That
 * it is there says nothing about whether it is genuine.
 */
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * Where an attachment was found: the referrers API, its fallback tag `sha256-<hex>`, a tag of cosign
 * (`sha256-<hex>.sig|.att|.sbom`), or as an entry of the image's own index (BuildKit).
 */
export type AttachmentPlace = 'referrersApi' | 'fallbackTag' | 'cosignTag' | 'index';

export interface Attachment {
  /** Of the manifest that holds it, with the annotations the list carried. */
  readonly descriptor: Descriptor;
  /** The index or platform it is attached to. */
  readonly subject: Digest;
  /** Every place it was found in; never empty. */
  readonly foundIn: readonly AttachmentPlace[];
}

export interface AttachmentList {
  readonly attachments: readonly Attachment[];
  /** Why a place could not be looked into: there may be more. */
  readonly problem?: Error;
}
