/** What is attached to an image, gathered from every place on real registries. */
import assert from 'node:assert/strict';
import { buildIndex, buildAttestation } from '../../../scripts/samples/buildIndex.ts';
import { buildCosignSignature, buildReferrer } from '../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../scripts/samples/pushBuilt.ts';
import { buildWebAppImage, WEB_APP_PLATFORMS, webAppSbom } from '../../../scripts/samples/webApp.ts';
import { CoreError } from '../../../src/core/common/CoreError.ts';
import { splitAttestations } from '../../../src/core/oci/attestation.ts';
import type { Descriptor } from '../../../src/core/oci/descriptor.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { listAttachments, type AttachmentRegistry } from '../../../src/core/trust/listAttachments.ts';
import { readAttachedDocuments } from '../../../src/core/trust/readAttachedDocuments.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import { TestConnection } from '../../support/TestConnection.ts';

const { signal } = new AbortController();
const subject = digestOf(Buffer.from('image'));
const descriptor = (text: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from(text)),
  sizeInBytes: text.length,
  ...more,
});

/** A registry that knows these referrers and these tags. */
function registryOf(referrers: readonly Descriptor[], tags: Readonly<Record<string, Descriptor>> = {}) {
  const asked: string[] = [];
  const registry: AttachmentRegistry = {
    listReferrers: async () => {
      asked.push('referrers');
      return { referrers, source: 'api' };
    },
    headManifest: async (_repository, tag) => {
      asked.push(tag);
      return tags[tag];
    },
  };
  return { asked, registry };
}

for (const [name, start, place] of [
  ['Distribution 2.8', () => startDistribution(), 'fallbackTag'],
  ['Distribution 3', () => startDistribution({ version: 3 }), 'fallbackTag'],
  ['olareg', () => startOlareg(), 'referrersApi'],
] as const) {
  describe(`What is attached to an image on ${name}`, () => {
    it('is one list of signature, SBOM and provenance, each with where it was found', async () => {
      await using server = await start();
      await using connection = new TestConnection(server.url);
      const { client } = connection;
      const image = buildWebAppImage(WEB_APP_PLATFORMS[0]!, '1.0.0', new Date('2026-01-01'));
      const attestation = buildAttestation(image, {
        'https://slsa.dev/provenance/v0.2': { buildType: 'x', builder: { id: 'https://example.com/b' } },
        'https://spdx.dev/Document': webAppSbom('1.0.0'),
      });
      const index = buildIndex([image, attestation]);
      await pushBuilt(client, 'app', index, ['v1'], signal);
      const signature = buildCosignSignature(index.descriptor, 'app');
      await pushBuilt(client, 'app', signature.manifest, [signature.tag], signal);
      const sbom = buildReferrer(index.descriptor, 'application/vnd.cyclonedx+json', {
        bomFormat: 'CycloneDX',
      });
      // Listed as a referrer and under cosign's tag: one document all the same.
      const sbomTag = signature.tag.replace('.sig', '.sbom');
      await pushBuilt(client, 'app', sbom, [sbom.descriptor.digest, sbomTag], signal);

      const manifest = await client.getManifest('app', 'v1', signal);
      assert.ok(manifest.kind === 'index');
      const { attestations } = splitAttestations(manifest.manifests);
      const { attachments, problem } = await listAttachments(
        client,
        'app',
        manifest.digest,
        attestations,
        signal,
      );
      const documents = await readAttachedDocuments(client, 'app', attachments, signal);
      assert.equal(problem, undefined);
      assert.deepEqual(
        documents.map(({ kind, format, attachment: { subject: about, foundIn } }) => [
          kind,
          format,
          about === manifest.digest ? 'index' : 'platform',
          foundIn,
        ]),
        [
          ['signature', 'cosign', 'index', ['cosignTag']],
          ['sbom', 'CycloneDX', 'index', [place, 'cosignTag']],
          ['sbom', 'SPDX', 'platform', ['index']],
          ['provenance', 'SLSA v0.2', 'platform', ['index']],
        ],
      );
    });
  });
}

describe('What is attached to an image', () => {
  it('is asked for in four requests, whatever there is', async () => {
    const { asked, registry } = registryOf([]);
    await listAttachments(registry, 'app', subject, [], signal);
    const tag = subject.replace(':', '-');
    assert.deepEqual(asked, ['referrers', `${tag}.sig`, `${tag}.att`, `${tag}.sbom`]);
  });

  it('is not looked for under tags that are known not to be there', async () => {
    const { asked, registry } = registryOf([]);
    const tag = subject.replace(':', '-');
    const tags: Readonly<Record<string, boolean>> = { [`${tag}.sig`]: true, [`${tag}.att`]: false };
    await listAttachments(registry, 'app', subject, [], signal, (name) => tags[name]);
    assert.deepEqual(asked, ['referrers', `${tag}.sig`, `${tag}.sbom`]);
  });

  it('names the platform where BuildKit lists one attestation in the index and as a referrer', async () => {
    const platform = digestOf(Buffer.from('platform'));
    const artifactType = 'application/vnd.docker.attestation.manifest.v1+json';
    const both = descriptor('attestation', { artifactType });
    const entry = descriptor('attestation', {
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': platform,
      },
    });
    const { attachments } = await listAttachments(
      registryOf([both]).registry,
      'app',
      subject,
      [entry],
      signal,
    );
    assert.equal(attachments.length, 1);
    assert.deepEqual(
      [attachments[0]?.subject, attachments[0]?.foundIn, attachments[0]?.descriptor.artifactType],
      [platform, ['referrersApi', 'index'], artifactType],
    );
  });

  it('is what the other places hold where one cannot be asked, and says that there may be more', async () => {
    const tag = `${subject.replace(':', '-')}.sig`;
    const { registry } = registryOf([], { [tag]: descriptor('signature') });
    const refusal = new CoreError('forbidden', 'no');
    const list = await listAttachments(
      { ...registry, listReferrers: () => Promise.reject(refusal) },
      'app',
      subject,
      [],
      signal,
    );
    assert.deepEqual([list.attachments.length, list.problem], [1, refusal]);
  });

  it('is shown as its list knew it where its manifest is gone', async () => {
    const bundle = descriptor('bundle', {
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      annotations: { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' },
    });
    const { attachments } = await listAttachments(registryOf([bundle]).registry, 'app', subject, [], signal);
    const gone = { getManifest: () => Promise.reject(new CoreError('notFound', 'gone')) };
    const [document] = await readAttachedDocuments(gone, 'app', attachments, signal);
    assert.deepEqual(
      [document?.kind, document?.format, document?.blob],
      ['provenance', 'SLSA v1', undefined],
    );
  });

  it('stops when it is cancelled', async () => {
    const aborted = AbortSignal.abort();
    const { registry } = registryOf([]);
    const failing = { ...registry, listReferrers: () => Promise.reject(new CoreError('cancelled', 'stop')) };
    await assert.rejects(listAttachments(failing, 'app', subject, [], aborted), { kind: 'cancelled' });
  });
});
