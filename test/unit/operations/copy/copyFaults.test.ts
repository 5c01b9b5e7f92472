import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  buildBlob,
  buildJsonBlob,
  buildManifest,
  buildReferrer,
} from '../../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { isCoreError } from '../../../../src/core/common/CoreError.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { resumeCopy } from '../../../../src/core/operations/copy/copyTags.ts';
import { undoRetag } from '../../../../src/core/operations/undoRetag.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import type { Fault, MemoryRepository } from '../../../support/memoryRegistry.ts';
import {
  buildTinyImage,
  createTestJournal,
  createTestProvider,
  neverCancelled,
} from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

const faults = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Fault>('ok') },
    { weight: 3, arbitrary: fc.constantFrom<Fault>('reset', 'lostReply', 'busy', 'cut', 'gone', 'refused') },
  ),
  { maxLength: 24 },
);

/** Whether everything the tag needs is there. */
function isWhole(repository: MemoryRepository, digest: string): boolean {
  const manifest = repository.manifests.get(digest);
  if (!manifest) return false;
  const { config, layers = [] } = JSON.parse(manifest.bytes.toString()) as {
    config: { digest: string };
    layers?: { digest: string }[];
  };
  return [config, ...layers].every((blob) => repository.blobs.has(blob.digest));
}

describe('copies under faults', function () {
  this.timeout(240_000);

  it('leave the tag on the old digest or the complete new one, and a resumed copy ends on the new one', async () => {
    const old = buildTinyImage('old');
    const image = buildManifest({
      config: buildJsonBlob(MediaType.ociConfig, { os: 'linux', architecture: 'amd64' }),
      layers: ['one', 'two', 'three'].map((text) => buildBlob(MediaType.ociLayer, text.repeat(50_000))),
    });
    const sbom = buildReferrer(image.descriptor, 'application/spdx+json', { name: 'app' });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ofSource: faults,
          ofTarget: faults,
          cancelAtRequest: fc.option(fc.nat(24), { freq: 3 }),
          hasOld: fc.boolean(),
        }),
        async ({ ofSource, ofTarget, cancelAtRequest, hasOld }) => {
          await using a = await MemoryRegistry.start({ deletes: 'tag', listsReferrers: true });
          await using b = await MemoryRegistry.start({ deletes: 'tag', listsReferrers: true });
          await using from = createTestProvider(a.url);
          await using to = createTestProvider(b.url);
          await using kept = await createTestJournal();
          const { journal } = kept;
          await pushBuilt(from.client, SOURCE_REPOSITORY, image, ['v1'], neverCancelled());
          await pushBuilt(from.client, SOURCE_REPOSITORY, sbom, [], neverCancelled());
          if (hasOld) await pushBuilt(to.client, TARGET_REPOSITORY, old, ['prod'], neverCancelled());
          const target = b.repository(TARGET_REPOSITORY);
          const before = target.tags.get('prod');
          const cancel = new AbortController();
          let [sourceCount, targetCount] = [0, 0];
          a.options = { ...a.options, faultFor: () => ofSource[sourceCount++] ?? 'ok' };
          b.options = {
            ...b.options,
            faultFor: () => {
              if (targetCount === cancelAtRequest) cancel.abort();
              return ofTarget[targetCount++] ?? 'ok';
            },
          };
          const ends = [
            imagesOf(from.client, SOURCE_REPOSITORY),
            imagesOf(to.client, TARGET_REPOSITORY),
          ] as const;
          const wishes = [{ source: 'v1', targetTag: 'prod' }];
          const failure = await copy(...ends, journal, { wishes, signal: cancel.signal }).catch(
            (error: unknown) => error,
          );
          assert.ok(!(failure instanceof Error) || isCoreError(failure), String(failure));

          const now = target.tags.get('prod');
          assert.ok(now === before || now === image.descriptor.digest, `prod is on ${now}`);
          if (now === image.descriptor.digest) assert.ok(isWhole(target, now), 'the new image is complete');
          if (!(failure instanceof Error)) {
            assert.equal(now, image.descriptor.digest);
            assert.ok(target.manifests.has(sbom.descriptor.digest), 'with its referrers');
          }
          assert.ok(targetCount + sourceCount < 250, `${targetCount + sourceCount} requests`);

          a.options = { ...a.options, faultFor: () => 'ok' };
          b.options = { ...b.options, faultFor: () => 'ok' };
          const [operation] = await journal.list();
          if (!operation) return;
          const options = { journal, signal: neverCancelled() };
          if (now !== image.descriptor.digest) await resumeCopy(...ends, operation, options);
          assert.equal(target.tags.get('prod'), image.descriptor.digest);
          await undoRetag(to, { ...operation, repository: TARGET_REPOSITORY }, options);
          assert.equal(target.tags.get('prod'), before);
        },
      ),
      { numRuns: 80 },
    );
  });
});
