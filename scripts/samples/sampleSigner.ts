/**
 * Signs the samples, so that verifying can be tried. The key is made of a word that anybody can read here: it proves
 * nothing about anything else, and makes the same signature on every machine.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. Source: RFC 8410, section 7. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const key = createPrivateKey({
  key: Buffer.concat([PKCS8_PREFIX, createHash('sha256').update('berth samples').digest()]),
  format: 'der',
  type: 'pkcs8',
});

/** As scripts/start/workspace/samples.pub has it. */
export const SAMPLE_PUBLIC_KEY = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

export function signSample(bytes: Uint8Array): Buffer {
  return sign(undefined, bytes, key);
}
