/** Signatures that real cosign made, on real registries, checked with the right key, a wrong one, and after tampering. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { listAttachments } from '../../../src/core/trust/listAttachments.ts';
import { parsePublicKey, type PublicKey } from '../../../src/core/trust/publicKey.ts';
import { readAttachedDocuments } from '../../../src/core/trust/readAttachedDocuments.ts';
import { overallOutcome } from '../../../src/core/trust/CheckedSignature.ts';
import { verifySignatures } from '../../../src/core/trust/verifySignatures.ts';
import {
  pushRecorded,
  readRecordedSignatures,
  recordedPublicKey,
  type RecordedSignatures,
} from '../../support/recordedSignatures.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { TestConnection } from '../../support/TestConnection.ts';

const { signal } = new AbortController();
const REGISTRIES: readonly (readonly [string, () => Promise<TestServer>])[] = [
  ['Distribution 2.8', () => startDistribution()],
  ['Distribution 3', () => startDistribution({ version: 3 })],
  ['olareg', () => startOlareg()],
];
/** Recording, the key it was signed with, what was signed. */
const SIGNED: readonly (readonly [string, string, readonly string[]])[] = [
  ['tag-p256', 'p256', ['signature']],
  ['tag-p384', 'p384', ['signature']],
  ['tag-ed25519', 'ed25519', ['signature']],
  ['tag-rsa', 'rsa', ['signature']],
  ['referrer-p256', 'p256', ['signature']],
  ['bundle-p256', 'p256', ['signature']],
  ['bundle-p384', 'p384', ['signature']],
  ['bundle-ed25519', 'ed25519', ['signature']],
  ['attest-tag-p256', 'p256', ['sbom', 'provenance']],
  ['attest-bundle-p256', 'p256', ['sbom', 'provenance']],
];

async function check(client: TestConnection['client'], repository: string, digest: Digest, key: PublicKey) {
  const image = await client.getManifest(repository, digest, signal);
  const { attachments } = await listAttachments(client, repository, digest, [], signal);
  const documents = await readAttachedDocuments(client, repository, attachments, signal);
  return verifySignatures(client, repository, image, documents, key, signal);
}

for (const [registryName, start] of REGISTRIES) {
  describe(`Signatures of cosign on ${registryName}`, () => {
    const stack = new AsyncDisposableStack();
    let connection: TestConnection;

    before(async () => {
      const registry = stack.use(await start());
      connection = stack.use(new TestConnection(registry.url));
    });
    after(() => stack.disposeAsync());

    for (const [recording, keyName, kinds] of SIGNED) {
      it(`are verified by the key that made them and by no other: ${recording}`, async () => {
        const { client } = connection;
        const digest = await pushRecorded(client, recording, await readRecordedSignatures(recording));
        const right = await check(
          client,
          recording,
          digest,
          await parsePublicKey(await recordedPublicKey(keyName)),
        );
        assert.deepEqual(
          right.map(({ document, outcome }) => [document.kind, outcome]),
          kinds.map((kind) => [kind, 'verified']),
        );
        for (const other of ['p256', 'p384', 'ed25519', 'rsa'].filter((name) => name !== keyName)) {
          const wrong = await check(
            client,
            recording,
            digest,
            await parsePublicKey(await recordedPublicKey(other)),
          );
          assert.deepEqual(
            wrong.map(({ outcome }) => outcome),
            kinds.map(() => 'keyMismatch'),
            other,
          );
        }
      });
    }

    it('of two keys on one image are told apart', async () => {
      const { client } = connection;
      const digest = await pushRecorded(client, 'two', await readRecordedSignatures('tag-two-keys'));
      const checked = await check(
        client,
        'two',
        digest,
        await parsePublicKey(await recordedPublicKey('p256')),
      );
      assert.deepEqual(checked.map(({ outcome }) => outcome).sort(), ['keyMismatch', 'verified']);
      assert.equal(overallOutcome(checked), 'verified');
    });

    it('put beside another image vouch for nothing: the digest they name is told', async () => {
      const { client } = connection;
      const signed = await readRecordedSignatures('tag-p256');
      const other = await readRecordedSignatures('tag-p384');
      const signedDigest = await pushRecorded(client, 'swapped', { ...signed, attachments: [] });
      const otherDigest = await pushRecorded(client, 'swapped', { ...other, attachments: [] });
      const moved: RecordedSignatures = {
        image: other.image,
        attachments: signed.attachments.map((each) => ({
          ...each,
          tags: [`${otherDigest.replace(':', '-')}.sig`],
        })),
      };
      await pushRecorded(client, 'swapped', moved);
      const key = await parsePublicKey(await recordedPublicKey('p256'));
      const [checked] = await check(client, 'swapped', otherDigest, key);
      assert.deepEqual([checked?.outcome, checked?.signedDigest], ['otherDigest', signedDigest]);
    });

    it('over a payload that was changed to name another image do not match', async () => {
      const { client } = connection;
      const signed = await readRecordedSignatures('tag-p256');
      const target = await readRecordedSignatures('tag-rsa');
      const digest = await pushRecorded(client, 'tampered', { ...target, attachments: [] });
      const [signature] = signed.attachments;
      const [config, payload] = signature!.blobs;
      const forged = payload!.replace(/sha256:[0-9a-f]{64}/, digest);
      const [oldDigest, newDigest] = await Promise.all(
        [payload!, forged].map((text) => client.uploadBlob('tampered', Buffer.from(text), signal)),
      );
      await pushRecorded(client, 'tampered', {
        image: target.image,
        attachments: [
          {
            mediaType: signature!.mediaType,
            tags: [`${digest.replace(':', '-')}.sig`],
            manifest: signature!.manifest
              .replace(oldDigest!, newDigest!)
              .replace(`"size":${payload!.length}`, `"size":${forged.length}`),
            blobs: [config!, forged],
          },
        ],
      });
      const key = await parsePublicKey(await recordedPublicKey('p256'));
      const checked = await check(client, 'tampered', digest, key);
      assert.deepEqual(
        checked.map(({ outcome }) => outcome),
        ['keyMismatch'],
      );
    });

    it('that are not there are no result at all', async () => {
      const { client } = connection;
      const { image } = await readRecordedSignatures('tag-p256');
      const digest = await pushRecorded(client, 'unsigned', { image, attachments: [] });
      const key = await parsePublicKey(await recordedPublicKey('p256'));
      const checked = await check(client, 'unsigned', digest, key);
      assert.deepEqual([checked, overallOutcome(checked)], [[], undefined]);
    });
  });
}

describe('A signature', () => {
  it('is verified over exact bytes, and malformed ones are no match rather than an error', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = await parsePublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const bytes = Buffer.from('exact');
    const signature = sign(undefined, bytes, privateKey);
    assert.equal(key.verifies(bytes, signature), true);
    assert.equal(key.verifies(Buffer.from('exact '), signature), false);
    assert.equal(key.verifies(bytes, signature.subarray(1)), false);
    assert.equal(key.verifies(bytes, Buffer.alloc(0)), false);
  });
});
