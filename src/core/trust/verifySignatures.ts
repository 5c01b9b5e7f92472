/**
 * Checks what is attached to an image against one public key: the signature over the exact bytes, and that what was
 * signed names exactly this image. Transparency logs and certificate authorities are not asked: a keyless signature is
 * told apart, never called good. Sources: cosign SIGNATURE_SPEC.md; DSSE protocol.md; sigstore_bundle.proto.
 */
import pLimit from 'p-limit';
import type { Manifest } from '../oci/manifest.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import { MAX_DOCUMENT_BYTES, mayBeSigned, type AttachedDocument } from './AttachedDocument.ts';
import type { CheckedSignature } from './CheckedSignature.ts';
import { decodeDocument, type DecodedDocument } from './decodeDocument.ts';
import { dsseSignedBytes } from './dsse.ts';
import type { PublicKey } from './publicKey.ts';

const SIGNATURE = 'dev.cosignproject.cosign/signature';
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const PARALLEL_READS = 4;

/**
 * One result for every signature and signed statement among `documents`; what carries no signature has none.
 * @param image the manifest or index to verify; its digest is over the bytes it carries.
 * @param documents attached to that digest.
 * @throws CoreError `cancelled` only.
 */
export async function verifySignatures(
  registry: Pick<RegistryClient, 'readBlob'>,
  repository: string,
  image: Manifest,
  documents: readonly AttachedDocument[],
  key: PublicKey,
  signal: AbortSignal,
): Promise<CheckedSignature[]> {
  const limit = pLimit(PARALLEL_READS);
  const checked = await Promise.all(
    documents.map((document) =>
      limit(async (): Promise<CheckedSignature[]> => {
        if (!mayBeSigned(document)) return [];
        if (!document.blob) return [{ document, outcome: 'unreadable' }];
        try {
          const { digest } = document.blob;
          const bytes = await registry.readBlob(repository, digest, MAX_DOCUMENT_BYTES, signal);
          const result = checkDocument(document, bytes, image, key);
          return result ? [{ document, ...result }] : [];
        } catch (error) {
          if (signal.aborted) throw error;
          return [{ document, outcome: 'unreadable' }];
        }
      }),
    ),
  );
  return checked.flat();
}

type Result = Omit<CheckedSignature, 'document'>;

function checkDocument(
  document: AttachedDocument,
  bytes: Uint8Array,
  image: Manifest,
  key: PublicKey,
): Result | undefined {
  const decoded = decodeDocument(bytes);
  const annotations = document.blob?.annotations ?? {};
  const { envelope, bundle } = decoded;
  if (envelope) {
    const signed = dsseSignedBytes(envelope);
    const isOurs = envelope.signatures.some(({ signature }) => key.verifies(signed, signature));
    const hasCertificate = bundle?.certificate !== undefined || CERTIFICATE in annotations;
    return isOurs ? judgeSubject(decoded, image) : foreign(hasCertificate);
  }
  if (bundle?.content.kind === 'messageSignature') {
    // Signed as a file: the bytes of the image's own manifest.
    const isOurs = key.verifies(image.bytes, bundle.content.signature);
    return isOurs ? { outcome: 'verified' } : foreign(bundle.certificate !== undefined);
  }
  const signature = annotations[SIGNATURE];
  if (signature !== undefined) {
    const isOurs = key.verifies(bytes, Buffer.from(signature, 'base64'));
    return isOurs ? judgeSubject(decoded, image) : foreign(CERTIFICATE in annotations);
  }
  return document.kind === 'signature' ? { outcome: 'notChecked' } : undefined;
}

function judgeSubject({ statement, simpleSigning }: DecodedDocument, { digest }: Manifest): Result {
  const named = simpleSigning ? [simpleSigning.digest] : (statement?.subjects ?? []);
  const reference = simpleSigning?.dockerReference;
  const identity = reference === undefined ? {} : { dockerReference: reference };
  if (named.includes(digest)) return { outcome: 'verified', ...identity };
  // A good signature over something that names no image vouches for none.
  return { outcome: 'otherDigest', ...(named[0] && { signedDigest: named[0] }), ...identity };
}

function foreign(hasCertificate: boolean): Result {
  return { outcome: hasCertificate ? 'keyless' : 'keyMismatch' };
}
