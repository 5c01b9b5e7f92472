/** The key that registry tokens are signed with: what a token server signs with, and what a registry checks them by. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TokenKey extends AsyncDisposable {
  readonly privateKey: KeyObject;
  readonly keyId: string;
  /** PEM, in the form of SEC 1 that libtrust reads. */
  readonly keyFile: string;
  /** JSON Web Key Set of the public key. */
  readonly jwksFile: string;
}

export async function createTokenKey(): Promise<TokenKey> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-token-'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyId = libtrustId(publicKey.export({ type: 'spki', format: 'der' }));
  const [keyFile, jwksFile] = [join(folder, 'key.pem'), join(folder, 'jwks.json')];
  await writeFile(keyFile, privateKey.export({ type: 'sec1', format: 'pem' }));
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'ES256' }];
  await writeFile(jwksFile, JSON.stringify({ keys }));
  const dispose = () => rm(folder, { recursive: true, force: true });
  return { privateKey, keyId, keyFile, jwksFile, [Symbol.asyncDispose]: dispose };
}

/** As libtrust names keys: 240 bits of the hash in base32, in groups of four. https://github.com/docker/libtrust, util.go */
function libtrustId(publicKey: Uint8Array): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const hash = createHash('sha256').update(publicKey).digest().subarray(0, 30);
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const text = (bits.match(/.{5}/g) ?? []).map((five) => letters[parseInt(five, 2)]).join('');
  return (text.match(/.{4}/g) ?? []).join(':');
}
