import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { sortTags, type TagOrder } from '../../../src/core/oci/tagOrder.ts';
import { OciProvider } from '../../../src/core/providers/OciProvider.ts';
import {
  RepositoryListing,
  type TagSource,
  type TagViewOptions,
} from '../../../src/explorer/RepositoryListing.ts';
import { forward } from '../../support/forward.ts';
import { FaultServer } from '../../support/faultServer/FaultServer.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { ScriptedRegistry } from './ScriptedRegistry.ts';

const VERSION: TagViewOptions = { sortBy: 'version', filter: '', showAttachments: false };

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `v${index + 1}`);
}

function createListing(registry: ScriptedRegistry, pageSize: number) {
  const batches = new EventEmitter<{ details: [readonly string[]] }>();
  const listing = new RepositoryListing(registry, 'app', pageSize, (tags) => batches.emit('details', tags));
  const nextBatch = async (): Promise<readonly string[]> => {
    const [tags] = (await once(batches, 'details')) as [readonly string[]];
    return tags;
  };
  return { listing, batches, nextBatch };
}

async function isCancelled(promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => isCoreError(error, 'cancelled'));
}

describe('RepositoryListing', () => {
  describe('paging', () => {
    it('says that a tag is not there only once all are listed, and no more after a tag was refreshed', async () => {
      const registry = new ScriptedRegistry({ pageSize: 2 });
      for (const tag of numbered(4)) registry.tags.add(tag);
      const { listing } = createListing(registry, 2);
      assert.equal(listing.hasTag('v1'), undefined);
      await listing.view(VERSION);
      assert.deepEqual([listing.hasTag('v1'), listing.hasTag('v9')], [true, undefined]);
      await listing.showMore(2, VERSION);
      assert.equal(listing.hasTag('v9'), false);
      listing.refreshDetails('v1');
      assert.equal(listing.hasTag('v9'), undefined);
    });

    it('shows a part of what the registry sent, and more of it without asking again', async () => {
      const registry = new ScriptedRegistry({ pageSize: 1_000 });
      for (const tag of numbered(250)) registry.tags.add(tag);
      const { listing } = createListing(registry, 100);
      const first = await listing.view(VERSION);
      assert.equal(first.tags.length, 100);
      assert.deepEqual([first.tags[0], first.tags[99]], ['v250', 'v151']);
      assert.deepEqual([first.matching, first.hasMorePages], [250, false]);
      await listing.showMore(100, VERSION);
      await listing.showMore(100, VERSION);
      const all = await listing.view(VERSION);
      assert.deepEqual(all.tags, numbered(250).reverse());
      assert.deepEqual(registry.log, ['list']);
    });

    it('asks for the next page only when all that is loaded is shown', async () => {
      const registry = new ScriptedRegistry({ pageSize: 15 });
      for (const tag of numbered(40)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      await listing.view(VERSION);
      assert.equal(registry.log.length, 1);
      await listing.showMore(10, VERSION);
      const { tags, hasMorePages } = await listing.view(VERSION);
      assert.deepEqual([tags.length, hasMorePages, registry.log.length], [20, true, 2]);
    });

    it('gives one page to all who ask for it at the same time', async () => {
      const registry = new ScriptedRegistry({ pageSize: 10 });
      for (const tag of numbered(30)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      await Promise.all([listing.view(VERSION), listing.view(VERSION), listing.view(VERSION)]);
      assert.deepEqual(registry.log, ['list']);
      await Promise.all([listing.showMore(10, VERSION), listing.showMore(10, VERSION)]);
      assert.equal(registry.log.length, 2);
    });

    it('shows as many as before when more cannot be loaded, and tries again', async () => {
      const registry = new ScriptedRegistry({ pageSize: 10, answersAtOnce: false });
      for (const tag of numbered(20)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      const view = listing.view(VERSION);
      (await registry.nextCall()).answer();
      await view;
      const failing = listing.showMore(10, VERSION);
      (await registry.nextCall()).fail();
      await assert.rejects(failing, (error) => isCoreError(error, 'serverError'));
      assert.equal((await listing.view(VERSION)).tags.length, 10);
      const more = listing.showMore(10, VERSION);
      (await registry.nextCall()).answer();
      await more;
      assert.equal((await listing.view(VERSION)).tags.length, 20);
    });

    it('reads as many anew as were shown', async () => {
      const registry = new ScriptedRegistry({ pageSize: 15 });
      for (const tag of numbered(60)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      await listing.view(VERSION);
      await listing.showMore(20, VERSION);
      registry.tags.delete('v1');
      const { tags } = await listing.renew().view(VERSION);
      assert.equal(tags.length, 30);
      assert.equal(tags.includes('v1'), false);
    });

    it('hides tags that hold signatures, also where whole pages hold nothing else', async () => {
      const registry = new ScriptedRegistry({ pageSize: 5 });
      for (let index = 0; index < 12; index++) {
        registry.tags.add(`sha256-${index.toString(16).padStart(64, '0')}.sig`);
      }
      registry.tags.add('v1');
      const { listing } = createListing(registry, 10);
      assert.deepEqual((await listing.view(VERSION)).tags, ['v1']);
      const all = await listing.view({ ...VERSION, showAttachments: true });
      assert.equal(all.matching, 13);
    });
  });

  describe('filtering', () => {
    it('finds what only a later page holds', async () => {
      const registry = new ScriptedRegistry({ pageSize: 10 });
      for (const tag of numbered(50)) registry.tags.add(`a-${tag}`);
      registry.tags.add('zebra');
      const { listing } = createListing(registry, 10);
      await listing.view(VERSION);
      assert.equal(registry.log.length, 1);
      const { tags, matching } = await listing.view({ ...VERSION, filter: 'zeb' });
      assert.deepEqual([tags, matching], [['zebra'], 1]);
    });

    it('says that nothing matches only after the last page', async () => {
      const registry = new ScriptedRegistry({ pageSize: 10 });
      for (const tag of numbered(35)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      const { tags, hasMorePages } = await listing.view({ ...VERSION, filter: 'none' });
      assert.deepEqual([tags, hasMorePages, registry.log.length], [[], false, 4]);
    });
  });

  describe('details', () => {
    it('that a listing told in part are sorted by time as they are, and completed for what is shown', async () => {
      const digest = digestOf(Buffer.from('manifest'));
      const listed = { digest, mediaType: '', kind: 'image', isPartial: true } as const;
      const read: string[] = [];
      const source: TagSource = {
        listTags: () =>
          Promise.resolve({
            items: [
              { name: 'older', details: { ...listed, createdAt: new Date(1) } },
              { name: 'newer', details: { ...listed, createdAt: new Date(2) } },
            ],
          }),
        getTagDetails: (_, tag) => {
          read.push(tag);
          const complete = { digest, mediaType: MediaType.ociManifest, kind: 'image' } as const;
          return Promise.resolve({ ...complete, sizeInBytes: tag.length, createdAt: new Date(1) });
        },
      };
      const batches = new EventEmitter<{ details: [readonly string[]] }>();
      const listing = new RepositoryListing(source, 'app', 10, (tags) => batches.emit('details', tags));
      const { tags } = await listing.view({ ...VERSION, sortBy: 'date' });
      assert.deepEqual(tags, ['newer', 'older']);
      assert.deepEqual(read, []);
      const arrived = once(batches, 'details');
      listing.requestDetails(['newer']);
      await arrived;
      listing.requestDetails(['newer']);
      assert.deepEqual(read, ['newer']);
      assert.equal(listing.details('newer')?.sizeInBytes, 5);
    });

    it('sorts by date and by size only when all that is compared is known', async () => {
      const registry = new ScriptedRegistry({
        pageSize: 100,
        detailsOf: (tag) => ({
          createdAt: new Date(Date.UTC(2024, 0, (Number(tag.slice(1)) * 7) % 13)),
          sizeInBytes: (Number(tag.slice(1)) * 5) % 13,
        }),
      });
      for (const tag of numbered(12)) registry.tags.add(tag);
      const { listing } = createListing(registry, 3);
      const byDate = await listing.view({ ...VERSION, sortBy: 'date' });
      assert.deepEqual(byDate.tags, ['v11', 'v9', 'v7']);
      const bySize = await listing.view({ ...VERSION, sortBy: 'size' });
      assert.deepEqual(bySize.tags, ['v5', 'v10', 'v2']);
      assert.equal(registry.log.filter((call) => call.startsWith('details:')).length, 12);
    });

    it('announces what arrives together in one event, each tag asked for once', async () => {
      const registry = new ScriptedRegistry({ pageSize: 100 });
      for (const tag of numbered(40)) registry.tags.add(tag);
      const { listing, batches, nextBatch } = createListing(registry, 100);
      const { tags } = await listing.view(VERSION);
      let events = 0;
      batches.on('details', () => events++);
      listing.requestDetails(tags);
      listing.requestDetails(tags);
      assert.deepEqual([...(await nextBatch())].sort(), [...tags].sort());
      listing.requestDetails(tags);
      await nextTurn();
      assert.equal(events, 1);
      assert.equal(registry.log.length, 1 + 40);
      assert.ok(listing.details('v1'));
    });

    it('keeps a tag whose details cannot be had, and reads them again only when told to', async () => {
      const registry = new ScriptedRegistry({ pageSize: 100, answersAtOnce: false });
      registry.tags.add('v1');
      const { listing, nextBatch } = createListing(registry, 100);
      const view = listing.view(VERSION);
      (await registry.nextCall()).answer();
      const { tags } = await view;
      listing.requestDetails(tags);
      await nextTurn();
      (await registry.nextCall()).fail();
      assert.deepEqual(await nextBatch(), ['v1']);
      assert.equal(listing.detailsFailed('v1'), true);
      listing.requestDetails(tags);
      await nextTurn();
      assert.equal(registry.calls.length, 0);
      listing.refreshDetails('v1');
      await nextTurn();
      (await registry.nextCall()).answer();
      await nextBatch();
      assert.deepEqual([listing.detailsFailed('v1'), listing.details('v1')?.kind], [false, 'image']);
    });
  });

  describe('stopping', () => {
    it('ends the page that is on its way; a later view goes on', async () => {
      const registry = new ScriptedRegistry({ pageSize: 10, answersAtOnce: false });
      for (const tag of numbered(5)) registry.tags.add(tag);
      const { listing } = createListing(registry, 10);
      const view = listing.view(VERSION);
      await registry.nextCall();
      assert.equal(listing.stop(), true);
      await isCancelled(view);
      assert.equal(registry.calls.length, 0);
      const again = listing.view(VERSION);
      (await registry.nextCall()).answer();
      assert.equal((await again).tags.length, 5);
      assert.equal(listing.stop(), false);
    });

    it('ends a search through pages even where the answer comes all the same', async () => {
      const registry = new ScriptedRegistry({ pageSize: 1, answersAtOnce: false });
      for (const tag of numbered(9)) registry.tags.add(tag);
      const deaf = {
        listTags: (repository: string, cursor: string | undefined) =>
          registry.listTags(repository, cursor, new AbortController().signal),
        getTagDetails: registry.getTagDetails.bind(registry),
      };
      const listing = new RepositoryListing(deaf, 'app', 10, () => undefined);
      const view = listing.view({ ...VERSION, filter: 'none' });
      const call = await registry.nextCall();
      listing.stop();
      call.answer();
      await isCancelled(view);
      assert.deepEqual(registry.log, ['list']);
    });

    it('ends the details on their way; a later request reads only what is missing', async () => {
      const registry = new ScriptedRegistry({ pageSize: 100, answersAtOnce: false });
      for (const tag of numbered(30)) registry.tags.add(tag);
      const { listing } = createListing(registry, 100);
      const view = listing.view(VERSION);
      (await registry.nextCall()).answer();
      const { tags } = await view;
      listing.requestDetails(tags);
      await nextTurn();
      const started = registry.calls.length;
      assert.ok(started > 0 && started < 30, 'a few at a time');
      (await registry.nextCall()).answer();
      await nextTurn();
      listing.stop();
      await nextTurn();
      assert.equal(registry.calls.length, 0);
      assert.equal(registry.log.length, 1 + started + 1, 'none of the waiting ones is sent');
      assert.equal(listing.detailsFailed(tags[5]!), false, 'given up is not failed');
      const before = registry.log.length;
      listing.requestDetails(tags);
      while (tags.some((tag) => !listing.details(tag))) {
        registry.calls[0]?.answer();
        await nextTurn();
      }
      assert.equal(registry.log.length - before, 29);
    });
  });

  describe('at scale', () => {
    it('lists 1,000 tags of a real registry in two requests at most', async () => {
      await using olareg = await startOlareg();
      await using front = await FaultServer.start();
      front.on('*', forward(olareg.url));
      await using direct = new TestConnection(olareg.url);
      const image = sampleImage();
      await pushSample(direct.client, 'app', image, 'v1');
      const { signal } = direct;
      for (let start = 2; start <= 1_000; start += 50) {
        await Promise.all(
          numbered(Math.min(start + 49, 1_000))
            .slice(start - 1)
            .map((tag) => direct.client.putManifest('app', tag, image.mediaType, image.bytes, signal)),
        );
      }
      await using connection = new TestConnection(front.origin);
      const listing = new RepositoryListing(new OciProvider(connection.client), 'app', 100, () => undefined);
      const { matching, tags } = await listing.view(VERSION);
      assert.deepEqual([matching, tags[0]], [1_000, 'v1000']);
      assert.ok(front.requests.length <= 2, `${front.requests.length} requests`);
    });

    for (const sortBy of ['version', 'name'] satisfies TagOrder[]) {
      it(`sorts 100,000 tags by ${sortBy} as one sort would, giving others a turn every 2,000`, async () => {
        const registry = new ScriptedRegistry({ pageSize: 1_000_000 });
        const names = Array.from(
          { length: 100_000 },
          (_, index) =>
            `${index % 3 ? 'v' : 'build-'}${(index * 7_919) % 100_003}.${index % 7}.0-rc.${index % 11}`,
        );
        for (const name of names) registry.tags.add(name);
        const { listing } = createListing(registry, 100);
        // Loaded first: how long a reply of 100,000 names is parsed is the client's.
        await listing.view({ ...VERSION, filter: 'v1.' });
        const { result, turns } = await turnsDuring(() => listing.view({ ...VERSION, sortBy }));
        const { tags } = result;
        assert.deepEqual(
          tags,
          sortTags(
            names.map((name) => ({ name })),
            sortBy,
          )
            .slice(0, 100)
            .map(({ name }) => name),
        );
        // Once while they are filtered, once while they are sorted. How long a turn is, is measured by the benchmark.
        assert.ok(turns >= (2 * names.length) / 2_000 - 2, `${turns} turns`);
      });
    }
  });

  describe('in any order of refresh, delete, push, page, stop and answers', () => {
    type Step =
      | { readonly kind: 'delete' | 'push'; readonly tag: string }
      | { readonly kind: 'do'; readonly what: 'view' | 'showMore' | 'stop' | 'refresh' | 'details' }
      | { readonly kind: 'answer' | 'fail'; readonly which: number };
    const tag = fc.integer({ min: 1, max: 12 }).map((number) => `v${number}`);
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ kind: fc.constantFrom('delete' as const, 'push' as const), tag }),
      fc.record({
        kind: fc.constant('do' as const),
        what: fc.constantFrom(
          'view' as const,
          'showMore' as const,
          'stop' as const,
          'refresh' as const,
          'details' as const,
        ),
      }),
      fc.record({
        kind: fc.constantFrom('answer' as const, 'answer' as const, 'fail' as const),
        which: fc.nat(5),
      }),
    );

    it('what is shown in the end has every live tag and no deleted one', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const registry = new ScriptedRegistry({ pageSize: 4, answersAtOnce: false });
          for (const name of numbered(8)) registry.tags.add(name);
          let listing = new RepositoryListing(registry, 'app', 5, () => undefined);
          /** Whoever changes a repository has it read again, as the explorer does. */
          const refresh = () => (listing = listing.renew());
          const perform = (what: Extract<Step, { kind: 'do' }>['what']): void => {
            if (what === 'refresh') refresh();
            else if (what === 'stop') listing.stop();
            else if (what === 'details') listing.requestDetails(numbered(4));
            else if (what === 'view') listing.view(VERSION).catch(() => undefined);
            else listing.showMore(5, VERSION).catch(() => undefined);
          };
          for (const each of steps) {
            if ('tag' in each) {
              if (each.kind === 'delete') registry.tags.delete(each.tag);
              else registry.tags.add(each.tag);
              refresh();
            } else if ('what' in each) perform(each.what);
            else if (registry.calls.length > 0) {
              registry.calls[each.which % registry.calls.length]![each.kind]();
            }
            await nextTurn();
          }
          const shown = await settle(registry, async () => {
            await listing.showMore(20, VERSION);
            return (await listing.view(VERSION)).tags;
          });
          assert.deepEqual([...shown].sort(), [...registry.tags].sort());
        }),
        { numRuns: 1_000 },
      );
    });
  });
});

/** How many turns of the event loop others had while `work` ran. */
async function turnsDuring<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly turns: number }> {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns++) await nextTurn();
  })();
  const result = await work();
  isDone = true;
  await others;
  return { result, turns };
}

/** Answers everything until `work` is done; a page that an earlier step shares and fails is asked for again. */
async function settle<T>(registry: ScriptedRegistry, work: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  let failure: unknown;
  work().then(
    (value) => (result = { value }),
    (error: unknown) => (failure = error),
  );
  for (;;) {
    if (result) return result.value;
    if (failure !== undefined) throw failure;
    for (const call of [...registry.calls]) call.answer();
    await nextTurn();
  }
}
