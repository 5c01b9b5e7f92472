/** Tags that clients make to attach something to a manifest. Sources: cosign's SIGNATURE_SPEC.md; OCI distribution-spec, "Referrers Tag Schema". */

/** `<alg>-<hex>`, cut to 64 characters of hex, alone (the referrers fallback index) or with cosign's suffix. */
const ATTACHMENT_TAG = /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/;

/** Whether `tag` holds a signature, an attestation, an SBOM or a list of referrers, and belongs under its image. */
export function isAttachmentTag(tag: string): boolean {
  return ATTACHMENT_TAG.test(tag);
}
