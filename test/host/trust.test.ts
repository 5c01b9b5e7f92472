/** What the tree says of signatures: present until they were verified, and only as long as the tag stays where it was. */
import * as assert from 'node:assert/strict';
import type { RegistriesNode } from '../../src/explorer/nodes.ts';
import { listAttachments } from '../../src/core/trust/listAttachments.ts';
import { parsePublicKey } from '../../src/core/trust/publicKey.ts';
import { readAttachedDocuments } from '../../src/core/trust/readAttachedDocuments.ts';
import { verifySignatures } from '../../src/core/trust/verifySignatures.ts';
import { pushRecorded, readRecordedSignatures, recordedPublicKey } from '../support/recordedSignatures.ts';
import { pushSample, sampleImage } from '../support/sampleImage.ts';
import { startOlareg } from '../support/servers/olareg.ts';
import type { TestServer } from '../support/servers/startProcess.ts';
import { TestConnection } from '../support/TestConnection.ts';
import { anonymous, textOf, TreeFixture } from './TreeFixture.ts';

describe('A signature in the Registries tree', () => {
  const stack = new AsyncDisposableStack();
  const { signal } = new AbortController();
  let olareg: TestServer;
  let connection: TestConnection;

  before(async () => {
    olareg = stack.use(await startOlareg());
    connection = stack.use(new TestConnection(olareg.url));
  });
  after(() => stack.disposeAsync());

  async function verifyWith(fixture: TreeFixture, repository: string, keyName: string): Promise<void> {
    const { client } = connection;
    const image = await client.getManifest(repository, 'v1', signal);
    const { attachments } = await listAttachments(client, repository, image.digest, [], signal);
    const documents = await readAttachedDocuments(client, repository, attachments, signal);
    const key = await parsePublicKey(await recordedPublicKey(keyName));
    const checked = await verifySignatures(client, repository, image, documents, key, signal);
    const connectionId = fixture.settings.connections()[0]!.id;
    fixture.verifications.record(
      { connectionId, repository, digest: image.digest },
      { keyName: `${keyName}.pub`, fingerprint: key.fingerprint, checked },
    );
  }

  const describe = (fixture: TreeFixture, node: RegistriesNode) =>
    textOf(fixture.tree.getTreeItem(node).description);

  it('is told of statements that are signed themselves, and that nobody has verified them', async () => {
    await pushRecorded(connection.client, 'attested', await readRecordedSignatures('attest-bundle-p256'));
    await using fixture = await TreeFixture.open(
      anonymous(olareg.url, { name: 'Olareg', repositories: ['attested'] }),
    );
    const sbom = await fixture.find('Olareg', 'attested', 'v1', 'Referrers', 'SBOM (SPDX)');
    assert.match(describe(fixture, sbom), /signed, not verified/);
    await verifyWith(fixture, 'attested', 'p256');
    assert.match(describe(fixture, sbom), /verified with p256\.pub/);
  });

  it('is present, then verified or not by the key it was checked with, and no more once the tag has moved', async () => {
    await pushRecorded(connection.client, 'signed', await readRecordedSignatures('tag-p256'));
    await using fixture = await TreeFixture.open(
      anonymous(olareg.url, { name: 'Olareg', repositories: ['signed'] }),
    );
    const [registry] = await fixture.roots();
    await fixture.tree.getChildren(registry);
    const detailsArrived = fixture.nextChange();
    const tag = await fixture.find('Olareg', 'signed', 'v1');
    await detailsArrived;
    const signature = await fixture.find('Olareg', 'signed', 'v1', 'Referrers', 'Signature');
    assert.match(describe(fixture, signature), /present, not verified/);
    assert.doesNotMatch(describe(fixture, tag), /verified/);

    await verifyWith(fixture, 'signed', 'ed25519');
    assert.match(describe(fixture, signature), /does not match ed25519\.pub/);
    assert.doesNotMatch(describe(fixture, tag), /verified/);

    fixture.changes.length = 0;
    await verifyWith(fixture, 'signed', 'p256');
    assert.match(describe(fixture, signature), /verified with p256\.pub/);
    assert.match(describe(fixture, tag), /verified/);
    assert.match(textOf(fixture.tree.getTreeItem(tag).tooltip), /p256\.pub \(SHA256:/);
    assert.deepEqual(
      fixture.changes.map((nodes) => nodes?.map(({ kind }) => kind).sort()),
      [['referrer', 'referrers', 'tag']],
      'only what shows it is drawn again',
    );

    await pushSample(connection.client, 'signed', sampleImage({ layer: 'moved' }), 'v1');
    const moved = fixture.nextChange();
    fixture.tree.refreshNode(tag);
    await moved;
    await fixture.nextChange();
    assert.doesNotMatch(describe(fixture, tag), /verified/);
  });
});
