import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { parsePublicKey } from '../../../src/core/trust/publicKey.ts';
import { recordedPublicKey } from '../../support/recordedSignatures.ts';

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

async function refusal(text: string): Promise<CoreError> {
  try {
    await parsePublicKey(text);
  } catch (error) {
    assert.ok(error instanceof CoreError, String(error));
    assert.equal(error.kind, 'invalidInput');
    return error;
  }
  assert.fail('it was taken');
}

describe('A public key file', () => {
  it('is known by its algorithm and fingerprint', async () => {
    const algorithms = await Promise.all(
      ['p256', 'p384', 'ed25519', 'rsa'].map(
        async (name) => (await parsePublicKey(await recordedPublicKey(name))).algorithm,
      ),
    );
    assert.deepEqual(algorithms, ['ECDSA P-256', 'ECDSA P-384', 'Ed25519', 'RSA 2048']);
    const { fingerprint } = await parsePublicKey(await recordedPublicKey('p256'));
    assert.match(fingerprint, /^SHA256:[\w+/]{43}$/);
  });

  it('may have text around the key, and Windows line ends', async () => {
    const text = `# key of the team\r\n${(await recordedPublicKey('p256')).replaceAll('\n', '\r\n')}\r\n`;
    assert.equal((await parsePublicKey(text)).algorithm, 'ECDSA P-256');
  });

  it('verifies ECDSA made with the hash of its curve, as other signers do', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const bytes = Buffer.from('payload');
    const key = await parsePublicKey(pem(publicKey));
    assert.equal(key.verifies(bytes, sign('sha384', bytes, privateKey)), true);
    assert.equal(key.verifies(bytes, sign('sha512', bytes, privateKey)), false);
  });

  it('is refused where it holds a private key, plain, encrypted or of cosign, and the key is not repeated', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const files = [
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
        .toString(),
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n',
      // Both halves in one file.
      `${await recordedPublicKey('p256')}${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`,
    ];
    for (const file of files) {
      const error = await refusal(file);
      assert.equal(error.details.reason, 'privateKey');
      const body = file.split('\n')[1]!;
      assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(body));
    }
  });

  it('is refused in words that fit where it is something else', async () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const exchange = generateKeyPairSync('x25519').publicKey;
    const coin = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
    for (const [text, reason, subject] of [
      ['', 'notPem', undefined],
      ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ann@example', 'notPem', undefined],
      [certificate, 'certificate', undefined],
      ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'badKey', undefined],
      ['-----BEGIN PUBLIC KEY-----\n', 'badKey', undefined],
      [pem(weak), 'unsupportedKey', 'RSA 1024'],
      [pem(exchange), 'unsupportedKey', 'x25519'],
      [pem(coin), 'unsupportedKey', 'ECDSA secp256k1'],
    ] as const) {
      const { details } = await refusal(text);
      assert.deepEqual([details.reason, details.subject], [reason, subject]);
    }
  });
});
