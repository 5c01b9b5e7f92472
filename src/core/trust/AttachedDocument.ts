/** One document inside an attachment: a signature, an SBOM, a provenance. A manifest of BuildKit or cosign holds several. */
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Attachment } from './Attachment.ts';

/** SBOMs of large images are some ten megabytes. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

export type DocumentKind = 'signature' | 'sbom' | 'provenance' | 'attestation' | 'artifact';

export interface DocumentClass {
  readonly kind: DocumentKind;
  /** The format by name, where it has one: `SPDX`, `CycloneDX`, `SLSA v1`, `cosign`, `Notation`. */
  readonly format?: string;
  /** The most telling type: predicate type, artifact type or media type. */
  readonly type: string;
}

export interface AttachedDocument extends DocumentClass {
  readonly attachment: Attachment;
  /** The layer that holds it. Absent where the manifest was not read, or has none. */
  readonly blob?: Descriptor;
  /** Its index among the layers of the manifest. */
  readonly position: number;
  readonly createdAt?: Date;
}

/** Stable within one image. */
export function documentId({ attachment, position }: AttachedDocument): `${Digest}#${number}` {
  return `${attachment.descriptor.digest}#${position}`;
}

/** By its type alone: SBOMs and artifacts as plain files carry no signature, and may be large. */
export function mayBeSigned({ kind, blob, attachment }: AttachedDocument): boolean {
  if (kind === 'signature') return true;
  const types = [blob?.mediaType, attachment.descriptor.artifactType];
  return types.some((type) => type !== undefined && /dsse|sigstore\.bundle/.test(type));
}
