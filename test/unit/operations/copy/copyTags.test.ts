import assert from 'node:assert/strict';
import {
  buildBlob,
  buildCosignSignature,
  buildJsonBlob,
  buildManifest,
  buildReferrer,
  descriptorJson,
} from '../../../../scripts/samples/buildArtifact.ts';
import type { BuiltManifest } from '../../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { nullLogger } from '../../../../src/core/common/Logger.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import type { CopyProgress } from '../../../../src/core/operations/copy/CopyMeter.ts';
import { giveUpCopy, planCopy, resumeCopy } from '../../../../src/core/operations/copy/copyTags.ts';
import { KnownBlobs } from '../../../../src/core/operations/copy/KnownBlobs.ts';
import { Journal } from '../../../../src/core/operations/Journal.ts';
import { undoRetag } from '../../../../src/core/operations/undoRetag.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import type { MemoryRequest } from '../../../support/memoryRegistry.ts';
import {
  buildTinyImage,
  createTestJournal,
  createTestProvider,
  neverCancelled,
} from '../operationsFixture.ts';
import type { TestJournal, TestProvider } from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

/** An index of images, each for a platform of its own. */
function buildIndex(
  ...images: readonly (readonly [platform: string, image: BuiltManifest, describes?: string])[]
) {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      'org.example.unknown': true,
      manifests: images.map(([platform, { descriptor }, describes]) => {
        const [os, architecture] = platform.split('/');
        const annotations = describes && {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': describes,
        };
        return { ...descriptorJson(descriptor), platform: { os, architecture }, annotations };
      }),
    }),
  );
  return {
    bytes,
    blobs: [],
    children: images.map(([, image]) => image),
    descriptor: { mediaType: MediaType.ociIndex, digest: digestOf(bytes), sizeInBytes: bytes.length },
  } satisfies BuiltManifest;
}

const uploads = (requests: readonly MemoryRequest[]): MemoryRequest[] =>
  requests.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/uploads/'));

describe('copyTags', () => {
  let a: MemoryRegistry;
  let b: MemoryRegistry;
  let from: TestProvider;
  let to: TestProvider;
  let kept: TestJournal;

  beforeEach(async () => {
    a = await MemoryRegistry.start({ deletes: 'tag', listsReferrers: true });
    b = await MemoryRegistry.start({ deletes: 'tag', listsReferrers: true });
    from = createTestProvider(a.url);
    to = createTestProvider(b.url);
    kept = await createTestJournal();
  });
  afterEach(async () => {
    for (const each of [from, to, a, b, kept]) await each[Symbol.asyncDispose]();
  });

  const source = () => imagesOf(from.client, SOURCE_REPOSITORY);
  const sink = () => imagesOf(to.client, TARGET_REPOSITORY);
  const target = () => b.repository(TARGET_REPOSITORY);
  const push = (built: BuiltManifest, ...tags: string[]) =>
    pushBuilt(from.client, SOURCE_REPOSITORY, built, tags, neverCancelled());
  const undo = async (id: string) =>
    undoRetag(
      to,
      { ...(await kept.journal.get(id))!, repository: TARGET_REPOSITORY },
      { journal: kept.journal, signal: neverCancelled() },
    );

  it('copies an image byte for byte and writes its tag last', async () => {
    const image = buildTinyImage('app');
    await push(image, 'v1');
    const steps: CopyProgress[] = [];
    const { outcomes } = await copy(source(), sink(), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'prod' }],
      onProgress: (step) => steps.push(step),
    });
    const { digest } = image.descriptor;
    assert.deepEqual(outcomes, [{ tag: 'prod', digest }]);
    assert.equal(target().tags.get('prod'), digest);
    assert.deepEqual(target().manifests.get(digest)?.bytes, image.bytes);
    assert.ok(b.requests.at(-1)?.path.endsWith('/manifests/prod') && b.requests.at(-1)?.method === 'PUT');
    const last = steps.at(-1)!;
    const size = image.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.deepEqual(
      [last.totalInBytes, last.doneInBytes, last.sentInBytes, last.blobsDone, last.current],
      [size, size, size, 2, []],
    );
  });

  it('moves each blob once however many tags share it', async () => {
    for (let each = 0; each < 20; each += 1) {
      const image = buildManifest({
        config: buildJsonBlob(MediaType.ociConfig, { os: 'linux', architecture: 'amd64', each }),
        layers: ['base', 'runtime'].map((text) => buildBlob(MediaType.ociLayer, text)),
      });
      await push(image, `v${each}`);
    }
    const wishes = Array.from({ length: 20 }, (_, each) => ({ source: `v${each}`, targetTag: `v${each}` }));
    await copy(source(), sink(), kept.journal, { wishes });
    assert.equal(target().tags.size, 20);
    assert.equal(uploads(b.requests).length, 22);
    const reads = a.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
    assert.equal(reads.length, 22);
  });

  it('sends no layer within one registry: blobs are mounted, and the same repository needs none', async () => {
    const image = buildTinyImage('app');
    await push(image, 'v1');
    const before = a.requests.length;
    await copy(source(), imagesOf(from.client, TARGET_REPOSITORY), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'v1' }],
    });
    await copy(source(), source(), kept.journal, { wishes: [{ source: 'v1', targetTag: 'v2' }] });
    const since = a.requests.slice(before);
    assert.deepEqual(uploads(since), []);
    assert.deepEqual(
      since.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/')),
      [],
    );
    assert.equal(a.repository(TARGET_REPOSITORY).tags.get('v1'), image.descriptor.digest);
    assert.equal(a.repository(SOURCE_REPOSITORY).tags.get('v2'), image.descriptor.digest);
  });

  it('has a blob mounted from a repository that got it before', async () => {
    await push(buildTinyImage('app'), 'v1');
    const knownBlobs = new KnownBlobs();
    const wishes = [{ source: 'v1', targetTag: 'v1' }];
    await copy(source(), imagesOf(to.client, 'team/first'), kept.journal, { wishes, knownBlobs });
    const before = b.requests.length;
    await copy(source(), sink(), kept.journal, { wishes, knownBlobs });
    assert.deepEqual(uploads(b.requests.slice(before)), []);
    assert.equal(target().blobs.size, 2);
  });

  it('41: uploads what the registry does not mount', async () => {
    a.options = { ...a.options, refusesMounts: true };
    const image = buildTinyImage('app');
    await push(image, 'v1');
    await copy(source(), imagesOf(from.client, TARGET_REPOSITORY), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'v1' }],
    });
    assert.equal(a.repository(TARGET_REPOSITORY).tags.get('v1'), image.descriptor.digest);
    assert.equal(a.sessions.size, 0);
  });

  describe('of an index', () => {
    const amd = buildTinyImage('amd64');
    const arm = buildTinyImage('arm64');
    const provenance = buildTinyImage('provenance of arm64');
    const index = buildIndex(
      ['linux/amd64', amd],
      ['linux/arm64', arm],
      ['unknown/unknown', provenance, arm.descriptor.digest],
    );

    it('takes all platforms and keeps the digest', async () => {
      await push(index, 'v1');
      await copy(source(), sink(), kept.journal, { wishes: [{ source: 'v1', targetTag: 'v1' }] });
      assert.equal(target().tags.get('v1'), index.descriptor.digest);
      assert.equal(target().manifests.size, 4);
    });

    it('takes the chosen platforms with what BuildKit attests about them, in an index that keeps the rest', async () => {
      await push(index, 'v1');
      const { outcomes, operationId } = await copy(source(), sink(), kept.journal, {
        wishes: [{ source: 'v1', targetTag: 'v1' }],
        platforms: ['linux/arm64'],
      });
      const stored = target().manifests.get(target().tags.get('v1')!)!;
      const document = JSON.parse(stored.bytes.toString()) as Record<string, { digest: string }[]>;
      assert.deepEqual(
        document['manifests']?.map(({ digest }) => digest),
        [arm.descriptor.digest, provenance.descriptor.digest],
      );
      assert.equal(document['org.example.unknown'], true);
      assert.equal(outcomes[0]?.digest, digestOf(stored.bytes));
      assert.ok(!target().manifests.has(amd.descriptor.digest));
      const [item] = (await kept.journal.get(operationId))!.items;
      assert.equal(item?.sourceDigest, index.descriptor.digest);
    });

    it('takes one platform without the index, and says which platforms there are not', async () => {
      await push(index, 'v1');
      const wishes = [{ source: 'v1', targetTag: 'v1' }];
      await copy(source(), sink(), kept.journal, { wishes, platforms: ['linux/amd64'], withoutIndex: true });
      assert.equal(target().tags.get('v1'), amd.descriptor.digest);
      await assert.rejects(copy(source(), sink(), kept.journal, { wishes, platforms: ['linux/s390x'] }), {
        kind: 'notFound',
      });
    });
  });

  it('brings referrers, what refers to them, and what cosign hangs on tags, before the tag', async () => {
    const image = buildTinyImage('app');
    const sbom = buildReferrer(image.descriptor, 'application/spdx+json', { name: 'app' });
    const signed = buildReferrer(sbom.descriptor, 'application/vnd.example.signature', { of: 'sbom' });
    const cosign = buildCosignSignature(image.descriptor, 'example/app');
    await push(image, 'v1');
    for (const referrer of [sbom, signed]) await push(referrer);
    await push(cosign.manifest, cosign.tag);
    const wishes = [{ source: 'v1', targetTag: 'v1' }];
    await copy(source(), sink(), kept.journal, { wishes });
    const { referrers } = await to.client.listReferrers(
      TARGET_REPOSITORY,
      image.descriptor.digest,
      neverCancelled(),
    );
    assert.deepEqual(
      referrers.map(({ digest }) => digest),
      [sbom.descriptor.digest],
    );
    assert.ok(target().manifests.has(signed.descriptor.digest));
    assert.equal(target().tags.get(cosign.tag), cosign.manifest.descriptor.digest);
    assert.ok(b.requests.findLast(({ method }) => method === 'PUT')?.path.endsWith('/manifests/v1'));

    await copy(source(), imagesOf(to.client, 'team/bare'), kept.journal, { wishes, referrers: false });
    assert.equal(b.repository('team/bare').manifests.size, 1);
  });

  it('enters referrers into the fallback tag of a registry without the API, and finds them there', async () => {
    a.options = { ...a.options, listsReferrers: false };
    b.options = { ...b.options, listsReferrers: false };
    const image = buildTinyImage('app');
    const sbom = buildReferrer(image.descriptor, 'application/spdx+json', { name: 'app' });
    await push(image, 'v1');
    await push(sbom);
    await copy(source(), sink(), kept.journal, { wishes: [{ source: 'v1', targetTag: 'v1' }] });
    const { referrers } = await to.client.listReferrers(
      TARGET_REPOSITORY,
      image.descriptor.digest,
      neverCancelled(),
    );
    assert.deepEqual(
      referrers.map(({ digest }) => digest),
      [sbom.descriptor.digest],
    );
  });

  it("leaves the destination's own signatures where they are, and says so", async () => {
    const image = buildTinyImage('app');
    const cosign = buildCosignSignature(image.descriptor, 'example/app');
    await push(image, 'v1');
    await push(cosign.manifest, cosign.tag);
    const own = buildCosignSignature(image.descriptor, 'elsewhere/app');
    await pushBuilt(to.client, TARGET_REPOSITORY, own.manifest, [cosign.tag], neverCancelled());
    const { attachmentsLeft } = await copy(source(), sink(), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'v1' }],
    });
    assert.deepEqual(attachmentsLeft, [cosign.tag]);
    assert.equal(target().tags.get(cosign.tag), own.manifest.descriptor.digest);
  });

  it('leaves foreign layers where their URLs say, and copies those the source holds', async () => {
    const layer = (text: string) => {
      const built = buildBlob('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', text);
      return { ...built, descriptor: { ...built.descriptor, urls: ['https://example.com/layer'] } };
    };
    const [held, elsewhere] = [layer('held'), layer('elsewhere')];
    const image = buildManifest({
      config: buildJsonBlob(MediaType.ociConfig, { os: 'windows', architecture: 'amd64' }),
      layers: [elsewhere, held],
    });
    await push({ ...image, blobs: [image.blobs[0]!, held] }, 'v1');
    const { foreignLayers } = await copy(source(), sink(), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'v1' }],
    });
    assert.equal(foreignLayers, 1);
    assert.equal(target().tags.get('v1'), image.descriptor.digest);
    assert.deepEqual(
      [held, elsewhere].map(({ descriptor }) => target().blobs.has(descriptor.digest)),
      [true, false],
    );
  });

  it('refuses schema 1 before anything is sent', async () => {
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 1, name: 'a', tag: 'v1', architecture: 'amd64', fsLayers: [] }),
    );
    a.repository(SOURCE_REPOSITORY).put('v1', MediaType.dockerSchema1, bytes);
    await assert.rejects(
      copy(source(), sink(), kept.journal, { wishes: [{ source: 'v1', targetTag: 'v1' }] }),
      {
        kind: 'unsupported',
      },
    );
    assert.deepEqual(
      b.requests.filter(({ method }) => method !== 'HEAD'),
      [],
    );
  });

  it('56: tells that the source, or the tag to be replaced, has moved since it was shown', async () => {
    const [old, next] = [buildTinyImage('old'), buildTinyImage('next')];
    await push(next, 'v1');
    const wish = { source: 'v1', targetTag: 'v1' };
    await assert.rejects(
      planCopy(
        source(),
        sink(),
        { wishes: [{ ...wish, expectedDigest: old.descriptor.digest }] },
        neverCancelled(),
      ),
      { kind: 'conflict' },
    );
    const someone = buildTinyImage('someone else');
    b.options = {
      ...b.options,
      faultFor: ({ method, path }) => {
        if (method === 'PUT' && path.includes('/blobs/')) {
          target().put('v1', someone.descriptor.mediaType, Buffer.from('{}'));
        }
        return 'ok';
      },
    };
    await assert.rejects(copy(source(), sink(), kept.journal, { wishes: [wish] }), { kind: 'conflict' });
    assert.equal(target().tags.get('v1'), digestOf(Buffer.from('{}')));
  });

  it('undoes: a replaced tag returns to what it was on, a new one goes', async () => {
    const [old, next] = [buildTinyImage('old'), buildTinyImage('next')];
    await pushBuilt(to.client, TARGET_REPOSITORY, old, ['prod'], neverCancelled());
    await push(next, 'v1');
    const { operationId, outcomes } = await copy(source(), sink(), kept.journal, {
      wishes: [
        { source: 'v1', targetTag: 'prod' },
        { source: 'v1', targetTag: 'v1' },
      ],
      stage: 'prod',
    });
    assert.equal(outcomes[0]?.previousDigest, old.descriptor.digest);
    assert.equal((await kept.journal.get(operationId))?.copy?.stage, 'prod');
    await undo(operationId);
    assert.deepEqual([...target().tags], [['prod', old.descriptor.digest]]);
    assert.equal((await kept.journal.get(operationId))?.state, 'undone');
  });

  it('says on undo that the registry has collected its garbage', async () => {
    const [old, next] = [buildTinyImage('old'), buildTinyImage('next')];
    await pushBuilt(to.client, TARGET_REPOSITORY, old, ['prod'], neverCancelled());
    await push(next, 'v1');
    const { operationId } = await copy(source(), sink(), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'prod' }],
    });
    for (const { descriptor } of old.blobs) target().blobs.delete(descriptor.digest);
    await assert.rejects(undo(operationId), { kind: 'notFound' });
    assert.equal(target().tags.get('prod'), next.descriptor.digest);
  });

  it('copies what it can when one of several tags fails, and goes on later without sending again', async () => {
    const [good, bad] = [buildTinyImage('good'), buildTinyImage('bad')];
    await push(good, 'good');
    await push(bad, 'bad');
    const lost = bad.blobs[1]!;
    a.repository(SOURCE_REPOSITORY).blobs.delete(lost.descriptor.digest);
    const { operationId, outcomes } = await copy(source(), sink(), kept.journal, {
      wishes: ['good', 'bad'].map((tag) => ({ source: tag, targetTag: tag })),
    });
    assert.deepEqual(
      outcomes.map(({ error }) => error?.kind),
      [undefined, 'notFound'],
    );
    assert.deepEqual([...target().tags.keys()], ['good']);

    a.repository(SOURCE_REPOSITORY).blobs.set(lost.descriptor.digest, Buffer.from(lost.bytes));
    const before = b.requests.length;
    const operation = (await kept.journal.get(operationId))!;
    await resumeCopy(source(), sink(), operation, { journal: kept.journal, signal: neverCancelled() });
    assert.equal(target().tags.get('bad'), bad.descriptor.digest);
    assert.equal(uploads(b.requests.slice(before)).length, 1);
    assert.equal((await kept.journal.get(operationId))?.state, 'finished');
  });

  it('ends at once on Cancel: no tag, no session left, and the journal says so', async () => {
    const old = buildTinyImage('old');
    await pushBuilt(to.client, TARGET_REPOSITORY, old, ['prod'], neverCancelled());
    await push(buildTinyImage('next'), 'v1');
    const cancel = new AbortController();
    b.options = {
      ...b.options,
      faultFor: ({ method, path }) => {
        if (method !== 'PUT' || !path.includes('/blobs/uploads/')) return 'ok';
        cancel.abort();
        return 'hang';
      },
    };
    await assert.rejects(
      copy(source(), sink(), kept.journal, {
        wishes: [{ source: 'v1', targetTag: 'prod' }],
        signal: cancel.signal,
      }),
      { kind: 'cancelled' },
    );
    assert.equal(target().tags.get('prod'), old.descriptor.digest);
    assert.equal(b.sessions.size, 0);
    assert.deepEqual(
      (await kept.journal.list())[0]?.items.map(({ state }) => state),
      ['kept'],
    );
  });

  it('gives up an interrupted copy without touching what it has named', async () => {
    const image = buildTinyImage('app');
    await push(image, 'v1');
    const { operationId } = await copy(source(), sink(), kept.journal, {
      wishes: [{ source: 'v1', targetTag: 'v1' }],
    });
    const { items, copy: request } = (await kept.journal.get(operationId))!;
    const running = await kept.journal.begin(
      {
        kind: 'copy',
        connectionId: 'target',
        registry: 'target',
        repository: TARGET_REPOSITORY,
        items: [
          { ...items[0]!, state: 'pending' },
          { ...items[0]!, tag: 'v2', state: 'pending' },
        ],
        copy: request!,
      },
      [],
    );
    const journal = new Journal({ directory: kept.directory, logger: nullLogger });
    const operation = (await journal.get(running.id))!;
    assert.equal(operation.state, 'interrupted');
    await giveUpCopy(sink(), operation, { journal, signal: neverCancelled() });
    const after = (await journal.get(running.id))!;
    assert.deepEqual([after.state, after.items.map(({ state }) => state)], ['finished', ['done', 'kept']]);
  });
});
