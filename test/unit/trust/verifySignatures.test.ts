/** Signatures that real cosign made, on real registries, checked with the right key, a wrong one, and after tampering. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { parseManifest } from '../../../src/core/oci/parseManifest.ts';
import { classifyDocument } from '../../../src/core/trust/classifyDocument.ts';
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
import { descriptorOf, sampleImage } from '../../support/sampleImage.ts';
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
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { mediaType, bytes, digest } = sampleImage();
  const image = parseManifest(bytes, mediaType, digest);
  const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

  /** The outcome for one document of this type and content. */
  async function outcomeOf(
    type: string,
    content: unknown,
    annotations: Readonly<Record<string, string>> = {},
    signedBy = pem,
  ) {
    const blob = Buffer.from(JSON.stringify(content));
    const descriptor = { ...descriptorOf(blob, type), annotations };
    const attachment = { descriptor, subject: digest, foundIn: ['referrersApi'] as const };
    const document = {
      ...classifyDocument(descriptor, descriptor),
      attachment,
      blob: descriptor,
      position: 0,
    };
    const registry = { readBlob: () => Promise.resolve(blob) };
    const key = await parsePublicKey(signedBy);
    return (await verifySignatures(registry, 'app', image, [document], key, signal))[0]?.outcome;
  }

  const base64 = (content: Uint8Array) => Buffer.from(content).toString('base64');
  const signatureOf = (content: Uint8Array) => base64(sign('sha256', content, privateKey));
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
  const certificate = { rawBytes: base64(Buffer.from('a certificate')) };

  it('in a bundle over the manifest as a file is verified over its very bytes', async () => {
    const bundle = { mediaType: BUNDLE, messageSignature: { signature: signatureOf(image.bytes) } };
    assert.equal(await outcomeOf(BUNDLE, bundle), 'verified');
    assert.equal(await outcomeOf(BUNDLE, bundle, {}, stranger), 'keyMismatch');
    const other = { mediaType: BUNDLE, messageSignature: { signature: signatureOf(Buffer.from('other')) } };
    assert.equal(await outcomeOf(BUNDLE, other), 'keyMismatch');
  });

  it('made with a certificate is keyless, which is neither good nor bad, unless the key made it all the same', async () => {
    const bundle = {
      mediaType: BUNDLE,
      verificationMaterial: { certificate },
      messageSignature: { signature: signatureOf(image.bytes) },
    };
    assert.equal(await outcomeOf(BUNDLE, bundle, {}, stranger), 'keyless');
    assert.equal(await outcomeOf(BUNDLE, bundle), 'verified');
    const chain = {
      ...bundle,
      verificationMaterial: { x509CertificateChain: { certificates: [certificate] } },
    };
    assert.equal(await outcomeOf(BUNDLE, chain, {}, stranger), 'keyless');
    const cosign = {
      'dev.cosignproject.cosign/signature': 'AAAA',
      'dev.sigstore.cosign/certificate': '-----BEGIN CERTIFICATE-----',
    };
    const payload = { critical: { image: { 'docker-manifest-digest': digest }, type: 'x' } };
    const type = 'application/vnd.dev.cosign.simplesigning.v1+json';
    assert.equal(await outcomeOf(type, payload, cosign), 'keyless');
  });

  it('by the key over something that names no image vouches for none', async () => {
    const payload = Buffer.from('{"hello":1}');
    const envelope = {
      payloadType: 'text/plain',
      payload: base64(payload),
      signatures: [{ sig: signatureOf(Buffer.concat([Buffer.from('DSSEv1 10 text/plain 11 '), payload])) }],
    };
    assert.equal(await outcomeOf('application/vnd.dsse.envelope.v1+json', envelope), 'otherDigest');
  });

  it('of another maker is not checked; what is none has no outcome', async () => {
    assert.equal(await outcomeOf('application/vnd.cncf.notary.signature', {}), 'notChecked');
    assert.equal(await outcomeOf('application/spdx+json', { spdxVersion: 'SPDX-2.3' }), undefined);
  });

  it('is verified over exact bytes, and malformed ones are no match rather than an error', async () => {
    const ed25519 = generateKeyPairSync('ed25519');
    const key = await parsePublicKey(ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const exact = Buffer.from('exact');
    const signature = sign(undefined, exact, ed25519.privateKey);
    assert.equal(key.verifies(exact, signature), true);
    assert.equal(key.verifies(Buffer.from('exact '), signature), false);
    assert.equal(key.verifies(exact, signature.subarray(1)), false);
    assert.equal(key.verifies(exact, Buffer.alloc(0)), false);
  });
});
