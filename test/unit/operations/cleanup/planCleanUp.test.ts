import assert from 'node:assert/strict';
import { buildIndex } from '../../../../scripts/samples/buildIndex.ts';
import { buildBlob, buildManifest, EMPTY_CONFIG } from '../../../../scripts/samples/buildArtifact.ts';
import type { CleanUpPlan } from '../../../../src/core/operations/cleanup/CleanUpPlan.ts';
import type { CleanUpRuleSet } from '../../../../src/core/operations/cleanup/CleanUpRules.ts';
import { planCleanUp } from '../../../../src/core/operations/cleanup/planCleanUp.ts';
import { HarborProvider } from '../../../../src/core/providers/HarborProvider.ts';
import { QuayProvider } from '../../../../src/core/providers/QuayProvider.ts';
import type { RegistryProvider } from '../../../../src/core/providers/RegistryProvider.ts';
import { harborArtifact, startHarborContract } from '../../../support/contract/harbor.ts';
import { quayTag, startQuayContract } from '../../../support/contract/quay.ts';
import { json } from '../../../support/faultServer/behaviours.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import { TestConnection } from '../../../support/TestConnection.ts';
import { testProviderContext } from '../../../support/testProviderContext.ts';
import {
  buildTinyImage,
  createTestProvider,
  neverCancelled,
  push,
  REPOSITORY,
} from '../operationsFixture.ts';
import { digest, NOW, rules } from './cleanUpFixture.ts';

const shown = ({ entries }: CleanUpPlan) =>
  Object.fromEntries(entries.map(({ name, action, reason }) => [name, `${action} ${reason.kind}`]));

function plan(
  provider: RegistryProvider,
  ruleSet: CleanUpRuleSet,
  options: { readonly usedTags?: ReadonlyMap<string, string>; readonly maxManifestsRead?: number } = {},
): Promise<CleanUpPlan> {
  return planCleanUp(provider, REPOSITORY, ruleSet, neverCancelled(), { now: NOW, ...options });
}

/** As `tag`, a referrer as clients without the referrers API keep it: a list under the fallback tag. */
async function attach(provider: RegistryProvider, subject: Parameters<typeof push>[1], artifactType: string) {
  const referrer = buildManifest({
    config: EMPTY_CONFIG,
    layers: [buildBlob('text/plain', artifactType)],
    artifactType,
    subject: subject.descriptor,
  });
  await push(provider, referrer, referrer.descriptor.digest);
  return referrer;
}

describe('planCleanUp', () => {
  it('takes a list that begins again for ever as one that is not whole', async () => {
    const tags = ['v1', 'v2'].map((name) => quayTag(name, { manifest_digest: digest(name) }));
    await using quay = await startQuayContract({
      repositories: { 'team/app': tags },
      publicRepositories: ['team/app'],
    });
    quay.on('GET /api/v1/repository/team/app/tag/', json({ tags, has_additional: true, page: 1 }));
    await using connection = new TestConnection(quay.origin);
    const provider = new QuayProvider(testProviderContext(connection));
    const options = { now: NOW, maxManifestsRead: 0 };
    const made = await planCleanUp(provider, 'team/app', rules({ tags: 'v1' }), neverCancelled(), options);
    assert.deepEqual(shown(made), { v1: 'keep signatureUnknown', v2: 'keep noRule' });
    assert.equal(made.knowledge.listingComplete, false);
    assert.equal(quay.requestsFor('/api/v1/repository/team/app/tag/').length, 2);
  });

  it('knows which rules do nothing because the registry does not tell what they ask for', async () => {
    const tags = [{ name: 'v1', manifest_digest: digest('v1'), size: 1, start_ts: NOW.getTime() / 1000 }];
    await using quay = await startQuayContract({
      repositories: { 'team/app': tags },
      publicRepositories: ['team/app'],
    });
    await using connection = new TestConnection(quay.origin);
    const provider = new QuayProvider(testProviderContext(connection));
    const knowledgeOf = async (...asked: CleanUpRuleSet['delete'][number][]) => {
      const options = { now: NOW, maxManifestsRead: 0 };
      const made = await planCleanUp(provider, 'team/app', rules(...asked), neverCancelled(), options);
      assert.deepEqual(shown(made), { v1: 'keep noRule' });
      const { pullsUnknown, untaggedUnlisted } = made.knowledge;
      return { pullsUnknown, untaggedUnlisted };
    };
    const asked = await knowledgeOf({ notPulledForDays: 1 }, { untagged: true });
    assert.deepEqual(asked, { pullsUnknown: true, untaggedUnlisted: true });
    const notAsked = await knowledgeOf({ tags: 'x*' });
    assert.deepEqual(notAsked, { pullsUnknown: false, untaggedUnlisted: false });
  });

  it('keeps the platforms of an index that stays, and counts shared blobs once', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const [amd64, old, older] = [
      buildTinyImage('amd64'),
      buildTinyImage('old', ['shared', 'only old']),
      buildTinyImage('older', ['shared', 'only old', 'x'.repeat(1000)]),
    ];
    await push(provider, buildIndex([amd64]), 'latest');
    await push(provider, amd64, 'latest-amd64');
    await push(provider, old, 'old-1', 'old-2');
    await push(provider, older, 'older-1');
    await push(provider, buildTinyImage('kept', ['shared']), 'main');
    const made = await plan(provider, rules({ tags: '*-*' }));
    assert.deepEqual(shown(made), {
      latest: 'keep noRule',
      'latest-amd64': 'keep platformOf',
      main: 'keep noRule',
      'old-1': 'delete rule',
      'old-2': 'delete rule',
      'older-1': 'delete rule',
    });
    const freed = [...old.blobs, ...older.blobs].filter(
      ({ bytes }) => !Buffer.from(bytes).equals(Buffer.from('shared')),
    );
    const sizes = new Map(freed.map(({ descriptor }) => [descriptor.digest, descriptor.sizeInBytes]));
    assert.deepEqual(made.bytesFreed, {
      sizeInBytes: [...sizes.values()].reduce((a, b) => a + b),
      basis: 'blobs',
    });
  });

  it('frees nothing by a tag whose image has another, and says when sizes are not known', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await push(provider, buildTinyImage('a'), 'a-1', 'main');
    assert.deepEqual((await plan(provider, rules({ tags: 'a-*' }))).bytesFreed, {
      sizeInBytes: 0,
      basis: 'blobs',
    });
    const unread = await plan(provider, rules({ tags: '*' }), { maxManifestsRead: 0 });
    assert.deepEqual(unread.bytesFreed, { sizeInBytes: 0, basis: 'partly' });
  });

  it('keeps what is signed, by a tag of cosign or by a referrer, and lets other attachments go along', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const [signed, referred, documented] = ['signed', 'referred', 'documented'].map((name) =>
      buildTinyImage(name),
    );
    for (const [image, name] of [
      [signed, 'a'],
      [referred, 'b'],
      [documented, 'c'],
    ] as const)
      await push(provider, image!, name);
    const sig = `${signed!.descriptor.digest.replace(':', '-')}.sig`;
    const sbom = `${documented!.descriptor.digest.replace(':', '-')}.sbom`;
    const lost = `sha256-${'0'.repeat(64)}.sig`;
    await push(provider, buildTinyImage('sig'), sig, lost);
    await push(provider, buildTinyImage('sbom'), sbom);
    await attach(provider, referred!, 'application/vnd.cncf.notary.signature');
    const list = referred!.descriptor.digest.replace(':', '-');
    assert.deepEqual(shown(await plan(provider, rules({ tags: '*' }))), {
      a: 'keep signed',
      b: 'keep signed',
      c: 'delete rule',
      [sig]: 'keep attachment',
      [sbom]: 'delete attachment',
      [lost]: 'keep subjectUnknown',
      [list]: 'keep attachment',
    });
    const all = await plan(provider, { ...rules({ tags: '*' }), protectSigned: false });
    assert.equal(
      all.entries
        .filter(({ action }) => action === 'keep')
        .map(({ name }) => name)
        .join(),
      lost,
    );
  });

  it('keeps an image that a tagged artifact refers to', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    const image = buildTinyImage('image');
    await push(provider, image, 'v1');
    const notes = await attach(provider, image, 'application/vnd.acme.notes');
    await push(provider, notes, 'notes');
    const { v1, notes: stays } = shown(await plan(provider, rules({ tags: 'v*' })));
    assert.deepEqual([v1, stays], ['keep subjectOf', 'keep noRule']);
  });

  it('keeps an image whole where only whole images can be deleted', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'digest' });
    await using provider = createTestProvider(registry.url, 'none');
    await push(provider, buildTinyImage('a'), 'a-1', 'main');
    await push(provider, buildTinyImage('b'), 'b-1', 'b-2');
    const made = await plan(provider, rules({ tags: '*-*' }));
    assert.equal(made.method.method, 'digest');
    assert.deepEqual(shown(made), {
      'a-1': 'keep siblingStays',
      'b-1': 'delete rule',
      'b-2': 'delete rule',
      main: 'keep noRule',
    });
  });

  it('says that deletion is switched off, with what would go', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'none' });
    await using provider = createTestProvider(registry.url);
    await push(provider, buildTinyImage('a'), 'a');
    const made = await plan(provider, rules({ tags: '*' }));
    assert.deepEqual(made.method, { method: 'impossible', reason: 'deleteDisabled' });
    assert.equal(shown(made)['a'], 'delete rule');
  });

  it('throws when the registry does not answer, rather than decide by half', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await push(provider, buildIndex([buildTinyImage('a')]), 'multi');
    await push(provider, buildTinyImage('b'), 'b');
    registry.options = {
      deletes: 'tag',
      faultFor: ({ method, path }) =>
        method === 'GET' && path.includes('/manifests/sha256') ? 'refused' : 'ok',
    };
    await assert.rejects(plan(provider, rules({ tags: 'b' })), { kind: 'forbidden' });
  });

  it('stops at Cancel', async () => {
    await using registry = await MemoryRegistry.start({ deletes: 'tag' });
    await using provider = createTestProvider(registry.url);
    await push(provider, buildTinyImage('b'), 'b');
    const cancel = new AbortController();
    const options = { now: NOW, onProgress: () => cancel.abort() };
    await assert.rejects(planCleanUp(provider, REPOSITORY, rules({ tags: 'b' }), cancel.signal, options), {
      kind: 'cancelled',
    });
  });

  describe('with a registry whose listing tells everything', () => {
    const index = (tags: string[] | null, children: readonly string[]) =>
      harborArtifact(tags, {
        manifest_media_type: 'application/vnd.oci.image.index.v1+json',
        references: children.map((child) => ({ child_digest: child })),
        accessories: null,
      });

    async function connect(
      artifacts: readonly ReturnType<typeof harborArtifact>[],
      immutableTags: string[] = [],
    ) {
      const harbor = await startHarborContract({ repositories: { 'library/app': artifacts }, immutableTags });
      const connection = new TestConnection(harbor.server.origin);
      const provider = new HarborProvider(testProviderContext(connection));
      return {
        provider,
        harbor,
        plan: (ruleSet: CleanUpRuleSet, usedTags = new Map<string, string>()) =>
          planCleanUp(provider, 'library/app', ruleSet, neverCancelled(), {
            now: NOW,
            usedTags,
            maxManifestsRead: 0,
          }),
        [Symbol.asyncDispose]: async () => {
          await connection[Symbol.asyncDispose]();
          await harbor[Symbol.asyncDispose]();
        },
      };
    }

    it('asks for nothing but the listing', async () => {
      const platform = harborArtifact(['arm64'], { accessories: null });
      await using at = await connect(
        [
          index(['multi'], [platform.digest]),
          platform,
          harborArtifact(['signed'], { accessories: [{ type: 'signature.cosign' }] }),
          harborArtifact(['locked'], { accessories: null }),
          harborArtifact(['used', 'free'], { accessories: null }),
          harborArtifact(['pulled'], { accessories: null, pull_time: '2026-05-31T00:00:00Z' }),
          ...Array.from({ length: 250 }, (_, number) =>
            harborArtifact([`b${number}`], { accessories: null }),
          ),
        ],
        ['locked'],
      );
      const used = new Map([['used', 'compose.yaml']]);
      const made = await at.plan(rules({ tags: '/^[^m]/', notPulledForDays: 30 }), used);
      const all = shown(made);
      assert.deepEqual(Object.fromEntries(Object.entries(all).filter(([name]) => !/^b(?!7$)/.test(name))), {
        multi: 'keep noRule',
        arm64: 'keep platformOf',
        signed: 'keep signed',
        locked: 'keep locked',
        used: 'keep used',
        free: 'delete rule',
        pulled: 'keep noRule',
        b7: 'delete rule',
      });
      assert.ok(!made.knowledge.pullsUnknown);
      assert.deepEqual(made.bytesFreed, { sizeInBytes: 250 * 4321, basis: 'sizes' });
      assert.deepEqual(
        [...new Set(at.harbor.server.requests.map(({ url }) => url.replace(/\?.*/, '')))],
        ['/api/v2.0/projects/library/repositories/app/artifacts'],
      );
      assert.equal(at.harbor.server.requests.length, 3);
    });
  });
});
