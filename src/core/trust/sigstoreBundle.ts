/** Bundles of a signature with what is needed to check it. Source: sigstore protobuf-specs, sigstore_bundle.proto (v0.1 to v0.3). */
import * as v from 'valibot';
import { informative } from '../oci/informative.ts';
import { base64, dsseSchema, type DsseEnvelope } from './dsse.ts';
import { parseDocument } from './parseDocument.ts';

export interface SigstoreBundle {
  readonly content:
    | { readonly kind: 'messageSignature'; readonly signature: Uint8Array }
    | { readonly kind: 'dsseEnvelope'; readonly envelope: DsseEnvelope };
  /** Signed by the key of this certificate (DER): keyless, or a company's own authority. */
  readonly certificate?: Uint8Array;
}

const certificate = v.object({ rawBytes: base64 });

const schema = v.pipe(
  v.object({
    mediaType: v.pipe(v.string(), v.startsWith('application/vnd.dev.sigstore.bundle')),
    verificationMaterial: informative(
      v.object({
        certificate: informative(certificate),
        x509CertificateChain: informative(v.object({ certificates: v.array(certificate) })),
      }),
    ),
    messageSignature: v.nullish(v.object({ signature: base64 })),
    dsseEnvelope: v.nullish(dsseSchema),
  }),
  v.check(({ messageSignature, dsseEnvelope }) => Boolean(messageSignature) !== Boolean(dsseEnvelope)),
  v.transform(({ verificationMaterial, messageSignature, dsseEnvelope }): SigstoreBundle => {
    const leaf =
      verificationMaterial?.certificate ?? verificationMaterial?.x509CertificateChain?.certificates[0];
    return {
      content: messageSignature
        ? { kind: 'messageSignature', signature: messageSignature.signature }
        : { kind: 'dsseEnvelope', envelope: dsseEnvelope! },
      ...(leaf && { certificate: leaf.rawBytes }),
    };
  }),
);

/** @throws CoreError `protocol` with reason `notJson` or `badDocument`. */
export function parseSigstoreBundle(bytes: Uint8Array): SigstoreBundle {
  return parseDocument(schema, bytes, 'Sigstore bundle');
}
