import assert from 'node:assert/strict';
import { buildCosignSignature } from '../../../scripts/samples/buildArtifact.ts';
import { buildIndex } from '../../../scripts/samples/buildIndex.ts';
import type { DeletionPlan } from '../../../src/core/operations/DeletionPlan.ts';
import { planDeletion, type PlanOptions } from '../../../src/core/operations/planDeletion.ts';
import type { RegistryProvider } from '../../../src/core/providers/RegistryProvider.ts';
import { MemoryRegistry } from '../../support/memoryRegistry.ts';
import { buildTinyImage, createTestProvider, neverCancelled, push, REPOSITORY } from './operationsFixture.ts';

function plan(provider: RegistryProvider, tags: string[], options?: PlanOptions): Promise<DeletionPlan> {
  return planDeletion(provider, REPOSITORY, tags, neverCancelled(), options);
}

describe('planDeletion', () => {
  it('finds the tags that share the digest and says that all were examined', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'v1.0', 'latest');
    await push(provider, buildTinyImage('other'), 'v2');

    const { tags, knowledge, orphanedReferrers, bytesFreed } = await plan(provider, ['v1']);

    assert.deepEqual(tags, [
      {
        tag: 'v1',
        method: 'native',
        digest: image.descriptor.digest,
        mediaType: image.descriptor.mediaType,
        siblings: ['latest', 'v1.0'],
      },
    ]);
    assert.deepEqual([knowledge.tagsExamined, knowledge.tagsTotal, knowledge.listingComplete], [4, 4, true]);
    assert.deepEqual([orphanedReferrers, bytesFreed], [[], 0], 'nothing loses its last tag');
  });

  it('says which images go at once where the registry deletes them with their last tag', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url, 'native');
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'latest');
    assert.equal((await plan(provider, ['v1', 'latest'])).deletedImages, undefined);
    Object.assign(provider, { capabilities: { ...provider.capabilities, deletesImageWithLastTag: true } });
    assert.deepEqual((await plan(provider, ['v1'])).deletedImages, []);
    assert.deepEqual((await plan(provider, ['v1', 'latest'])).deletedImages, [image.descriptor.digest]);
  });

  for (const [deletes, capability, method] of [
    ['tag', 'probe', 'native'],
    ['digest', 'probe', 'dummyManifest'],
    ['digest', 'dummyManifest', 'dummyManifest'],
    ['digest', 'none', 'digest'],
    ['none', 'probe', 'impossible'],
    ['none', 'native', 'native'],
  ] as const) {
    it(`chooses ${method} where the registry deletes by ${deletes} and the provider says ${capability}`, async () => {
      await using registry = await MemoryRegistry.start({ deletes });
      await using provider = createTestProvider(registry.url, capability);
      await push(provider, buildTinyImage('app'), 'v1', 'v2');
      const { tags } = await plan(provider, ['v1']);
      assert.equal(tags[0]?.method, method);
      assert.equal(registry.repository(REPOSITORY).tags.size, 2, 'planning deletes nothing');
    });
  }

  it('says why nothing can be deleted, and looks no further', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'none' });
    await using provider = createTestProvider(registry.url);
    await push(provider, buildTinyImage('app'), 'v1');
    registry.requests.length = 0;
    assert.deepEqual(
      (await plan(provider, ['v1', 'gone'])).tags.map((tag) => tag.method === 'impossible' && tag.reason),
      ['deleteDisabled', 'notFound'],
    );
    assert.ok(registry.requests.every(({ path }) => !path.endsWith('/tags/list')));

    registry.options = { deletes: 'tag', faultFor: ({ method }) => (method === 'DELETE' ? 'refused' : 'ok') };
    const [refused] = (await plan(provider, ['v1'])).tags;
    assert.equal(refused?.method === 'impossible' && refused.reason, 'forbidden');
  });

  it('lists what goes along where only whole manifests can be deleted', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url, 'none');
    await push(provider, buildTinyImage('app'), 'v1', 'v2', 'v3');
    assert.deepEqual((await plan(provider, ['v1'])).alsoDeleted, ['v2', 'v3']);

    const partial = await plan(provider, ['v1'], { limits: { tagsExamined: 2 } });
    const [tag] = partial.tags;
    assert.equal(tag?.method === 'impossible' && tag.reason, 'siblingsUnknown');
  });

  it('examines no more tags than allowed, the likeliest siblings first, and says how many', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const others = Array.from({ length: 30 }, (_, index) => `nightly-${index}`);
    await push(provider, buildTinyImage('app'), 'v1.2.0', 'v1', 'latest', ...others);
    registry.requests.length = 0;

    const { tags, knowledge } = await plan(provider, ['v1.2.0'], { limits: { tagsExamined: 5 } });

    assert.deepEqual([knowledge.tagsExamined, knowledge.tagsTotal], [5, 33]);
    assert.ok(['v1', 'latest'].every((tag) => tags[0]?.siblings.includes(tag)));
    assert.equal(registry.requests.filter(({ method }) => method === 'HEAD').length, 5);
    assert.equal(knowledge.bytesFreedIsUpperBound, true);
  });

  it('asks for no tag whose digest the listing carries', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const image = buildTinyImage('app');
    await push(provider, image, 'v1', 'v2', 'v3');
    const { digest, mediaType } = image.descriptor;
    provider.listTags = () =>
      Promise.resolve({
        items: ['v1', 'v2', 'v3'].map((name) => ({
          name,
          details: { digest, mediaType, kind: 'image' as const },
        })),
      });
    registry.requests.length = 0;
    assert.deepEqual((await plan(provider, ['v1'])).tags[0]?.siblings, ['v2', 'v3']);
    assert.deepEqual(
      registry.requests.filter(({ method }) => method === 'HEAD').map(({ path }) => path.split('/').at(-1)),
      ['v1'],
    );
  });

  it('names the indexes that hold a deleted digest, which then orphans nothing', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const image = buildTinyImage('app');
    const index = buildIndex([image]);
    await push(provider, index, 'multi', 'latest');
    await push(provider, image, 'amd64');
    const { holdingIndexes, bytesFreed } = await plan(provider, ['amd64']);
    assert.deepEqual(holdingIndexes, [
      { digest: index.descriptor.digest, tags: ['latest', 'multi'], holds: image.descriptor.digest },
    ]);
    assert.equal(bytesFreed, 0);
  });

  it('names the signature that loses its image, and the bytes nothing else uses', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const image = buildTinyImage('app', ['shared layer', 'own layer']);
    const signature = buildCosignSignature(image.descriptor, REPOSITORY);
    await push(provider, image, 'v1', 'v2');
    await push(provider, buildTinyImage('other', ['shared layer']), 'other');
    await push(provider, signature.manifest, signature.tag);

    const { orphanedReferrers, bytesFreed, knowledge } = await plan(provider, ['v1', 'v2']);

    assert.deepEqual(
      orphanedReferrers.map(({ tag, subject }) => [tag, subject]),
      [[signature.tag, image.descriptor.digest]],
    );
    const config = image.blobs[0]!.bytes.byteLength;
    assert.equal(bytesFreed, config + 'own layer'.length);
    assert.equal(knowledge.bytesFreedIsUpperBound, false);
  });
});
