/**
 * Public keys to verify signatures with, as PEM files hold them (`cosign.pub`). Sources: RFC 7468; RFC 5280
 * (SubjectPublicKeyInfo); RFC 8032 (Ed25519 and Ed25519ph).
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { CoreError } from '../common/CoreError.ts';

export interface PublicKey {
  /** `ECDSA P-256`, `Ed25519`, `RSA 3072`. */
  readonly algorithm: string;
  /** `SHA256:` and base64 over the SubjectPublicKeyInfo, as people compare keys. */
  readonly fingerprint: string;
  /** Whether `signature` is this key's over exactly `bytes`. */
  verifies(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** The curves of signing keys, with the hashes signers use: the curve's own, and cosign's SHA-256 for all. */
const CURVES: Readonly<Record<string, { readonly name: string; readonly hashes: readonly string[] }>> = {
  prime256v1: { name: 'P-256', hashes: ['sha256'] },
  secp384r1: { name: 'P-384', hashes: ['sha384', 'sha256'] },
  secp521r1: { name: 'P-521', hashes: ['sha512', 'sha256'] },
};
const MIN_RSA_BITS = 2048;
/** No key is larger; a wrong file may be. */
export const MAX_KEY_FILE_BYTES = 64 * 1024;

/**
 * @param text of a file a person chose.
 * @throws CoreError `invalidInput` with reason `notPem`, `privateKey` (never kept, never logged), `certificate`,
 *   `unsupportedKey` (`subject` names its algorithm) or `badKey`. The content is not repeated.
 */
export async function parsePublicKey(text: string): Promise<PublicKey> {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\s*$/gm)].map(([, label]) => label!);
  if (labels.length === 0) throw keyError('notPem');
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) throw keyError('privateKey');
  const label = labels.find((each) => each === 'PUBLIC KEY' || each === 'RSA PUBLIC KEY');
  if (label === undefined) throw keyError(labels.includes('CERTIFICATE') ? 'certificate' : 'notPem');
  const pem = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(text)?.[0];
  return fromKeyObject(tryCreateKey(pem ?? ''));
}

async function fromKeyObject(key: KeyObject): Promise<PublicKey> {
  const spki = key.export({ type: 'spki', format: 'der' });
  const fingerprint = `SHA256:${createHash('sha256').update(spki).digest('base64').replace(/=+$/, '')}`;
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key;
  if (type === 'ec') {
    const curve = CURVES[details?.namedCurve ?? ''];
    if (!curve) throw keyError('unsupportedKey', `ECDSA ${details?.namedCurve ?? ''}`);
    return create(`ECDSA ${curve.name}`, curve.hashes);
  }
  if (type === 'ed25519') {
    // Node knows the plain algorithm only, and cosign signs with the one that hashes first.
    const { ed25519ph } = await import('@noble/curves/ed25519.js');
    const raw = spki.subarray(-32);
    const plain = create('Ed25519', [undefined]);
    return {
      ...plain,
      verifies: (bytes, signature) =>
        plain.verifies(bytes, signature) ||
        attempt(() => ed25519ph.verify(signature, bytes, raw, { zip215: false })),
    };
  }
  const bits = details?.modulusLength ?? 0;
  if (type === 'rsa' && bits >= MIN_RSA_BITS) return create(`RSA ${bits}`, ['sha256']);
  throw keyError('unsupportedKey', type === 'rsa' ? `RSA ${bits}` : type);

  function create(algorithm: string, hashes: readonly (string | undefined)[]): PublicKey {
    return {
      algorithm,
      fingerprint,
      verifies: (bytes, signature) =>
        hashes.some((hash) => attempt(() => verify(hash, bytes, key, signature))),
    };
  }
}

/** A signature that is not even well formed is an error to some, and to us no match. */
function attempt(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function tryCreateKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    // No cause: OpenSSL may quote what it read.
    throw keyError('badKey');
  }
}

function keyError(reason: string, subject?: string): CoreError {
  return new CoreError('invalidInput', `not a public key to verify with: ${reason}`, {
    reason,
    ...(subject !== undefined && { subject }),
  });
}
