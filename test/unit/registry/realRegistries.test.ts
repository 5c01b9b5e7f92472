/** RegistryClient against real registries: CNCF Distribution 2.8 and 3, zot, olareg, and nginx in front. */
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import type { Digest } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { readPages } from '../../../src/core/registry/readPages.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { startNginx } from '../../support/servers/nginx.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import type { TestServer } from '../../support/servers/startProcess.ts';
import { descriptorOf, pushSample, sampleImage, sampleIndex } from '../../support/sampleImage.ts';
import { startZot } from '../../support/servers/zot.ts';
import { TestConnection } from '../../support/TestConnection.ts';

interface RealRegistry {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
  readonly hasCatalog: boolean;
  readonly deletesTags: boolean;
  readonly hasReferrers: boolean;
  /** Whether it says of a manifest with a subject that it has seen to that. */
  readonly answersSubject: boolean;
  /** Whether its list names referrers by their `artifactType`; before OCI 1.1 was final it was the config's type. */
  readonly namesArtifactTypes: boolean;
  /** Whether a page of tags is no longer than asked for. */
  readonly pagesTags: boolean;
  /** What a list of tags of no repository is. */
  readonly missesRepositories: boolean;
}

const distribution = {
  hasCatalog: true,
  hasReferrers: false,
  answersSubject: false,
  namesArtifactTypes: true,
  missesRepositories: true,
};
const REGISTRIES: readonly RealRegistry[] = [
  {
    name: 'Distribution 2.8',
    start: () => startDistribution(),
    ...distribution,
    deletesTags: false,
    pagesTags: false,
  },
  {
    name: 'Distribution 3',
    start: () => startDistribution({ version: 3 }),
    ...distribution,
    deletesTags: true,
    pagesTags: true,
  },
  {
    name: 'zot',
    start: () => startZot(),
    hasCatalog: true,
    hasReferrers: true,
    answersSubject: false,
    namesArtifactTypes: false,
    missesRepositories: true,
    deletesTags: true,
    pagesTags: true,
  },
  {
    name: 'olareg',
    start: () => startOlareg(),
    hasCatalog: false,
    hasReferrers: true,
    answersSubject: true,
    namesArtifactTypes: true,
    missesRepositories: false,
    deletesTags: true,
    pagesTags: true,
  },
];

for (const registry of REGISTRIES) {
  describe(`RegistryClient on ${registry.name}`, () => {
    let server: TestServer;
    let connection: TestConnection;
    const { signal } = new AbortController();

    before(async () => {
      server = await registry.start();
      connection = new TestConnection(server.url);
    });
    after(async () => {
      await connection[Symbol.asyncDispose]();
      await server.stop();
    });

    it('is a registry', async () => {
      const { authenticated, apiVersion } = await connection.client.ping(signal);
      assert.deepEqual([authenticated, apiVersion], [true, 'registry/2.0']);
    });

    it('takes an image and gives the same bytes back', async () => {
      const { client } = connection;
      const image = sampleImage({ layer: 'first' });
      await pushSample(client, 'push/app', image, 'v1');
      const manifest = await client.getManifest('push/app', 'v1', signal);
      assert.deepEqual(Buffer.from(manifest.bytes), Buffer.from(image.bytes));
      assert.equal((await client.getManifest('push/app', image.digest, signal)).digest, image.digest);
      const head = await client.headManifest('push/app', 'v1', signal);
      assert.deepEqual(head, {
        digest: image.digest,
        mediaType: image.mediaType,
        sizeInBytes: image.bytes.length,
      });
      assert.equal(await client.headManifest('push/app', 'v2', signal), undefined);
      for (const blob of image.blobs) {
        assert.equal(await client.headBlob('push/app', digestOf(blob), signal), blob.length);
        assert.deepEqual(
          Buffer.from(await client.readBlob('push/app', digestOf(blob), 10_000, signal)),
          Buffer.from(blob),
        );
      }
    });

    it('streams a blob whole and in parts', async () => {
      const content = new TextEncoder().encode('0123456789'.repeat(30_000));
      await connection.client.uploadBlob('blobs/app', content, signal);
      const descriptor = descriptorOf(content);
      const open = (range?: { offset: number; length: number }) =>
        connection.client.openBlob('blobs/app', descriptor, signal, range).then(buffer);
      assert.deepEqual(await open(), Buffer.from(content));
      assert.equal((await open({ offset: 200_001, length: 4 })).toString(), '1234');
    });

    it('lists all tags, whatever the size of its pages', async () => {
      const { client } = connection;
      const image = sampleImage();
      const tags = ['a', 'b', 'c', 'd', 'e', 'v1.0', 'v1_0'];
      await pushSample(client, 'list/app', image, ...tags);
      const seen: string[] = [];
      for await (const page of readPages((cursor) => client.listTags('list/app', cursor, 3, signal))) {
        if (registry.pagesTags) assert.ok(page.items.length <= 3);
        assert.equal(page.truncated, undefined);
        seen.push(...page.items);
      }
      assert.deepEqual(seen.sort(), tags);
    });

    it('has no tags, or says so, where there is no repository', async () => {
      const listing = connection.client.listTags('no/such', undefined, 10, signal);
      if (registry.missesRepositories)
        await assert.rejects(listing, (error) => isCoreError(error, 'notFound'));
      else assert.deepEqual((await listing).items, []);
    });

    it('lists its repositories, or says that it has no catalog', async () => {
      await pushSample(connection.client, 'catalog/app', sampleImage(), 'v1');
      const listing = connection.client.listRepositories(undefined, 5_000, signal);
      if (registry.hasCatalog) assert.ok((await listing).items.includes('catalog/app'));
      else
        await assert.rejects(
          listing,
          (error) => isCoreError(error, 'unsupported') && error.details.reason === 'noCatalog',
        );
    });

    it('mounts a blob from another repository', async () => {
      const { client } = connection;
      const blob = new TextEncoder().encode('mounted');
      const digest = await client.uploadBlob('mount/from', blob, signal);
      assert.equal(await client.mountBlob('mount/to', digest, 'mount/from', signal), true);
      assert.equal(await client.headBlob('mount/to', digest, signal), blob.length);
      const missing = digestOf(new TextEncoder().encode('nowhere'));
      assert.equal(await client.mountBlob('mount/to', missing, 'mount/from', signal), false);
    });

    it('finds what refers to an image', async () => {
      const { client } = connection;
      const image = sampleImage({ layer: 'signed' });
      await pushSample(client, 'refer/app', image, 'v1');
      assert.deepEqual((await client.listReferrers('refer/app', image.digest, signal)).referrers, []);
      for (const [layer, artifactType] of [
        ['s', 'text/signature'],
        ['b', 'text/sbom'],
      ] as const) {
        const referrer = sampleImage({ layer, artifactType, subject: image });
        for (const blob of referrer.blobs) await client.uploadBlob('refer/app', blob, signal);
        const pushed = await client.putManifest(
          'refer/app',
          referrer.digest,
          referrer.mediaType,
          referrer.bytes,
          signal,
        );
        assert.equal(pushed.subjectProcessed, registry.answersSubject);
      }
      const all = await client.listReferrers('refer/app', image.digest, signal);
      assert.equal(all.source, registry.hasReferrers ? 'api' : 'fallbackTag');
      const types = all.referrers.map(({ artifactType }) => artifactType);
      if (!registry.namesArtifactTypes) {
        assert.deepEqual(types, [MediaType.ociConfig, MediaType.ociConfig]);
        return;
      }
      assert.deepEqual(types.sort(), ['text/sbom', 'text/signature']);
      const some = await client.listReferrers('refer/app', image.digest, signal, 'text/sbom');
      assert.deepEqual(
        some.referrers.map(({ artifactType }) => artifactType),
        ['text/sbom'],
      );
    });

    it('deletes by digest, and by tag or says that it cannot', async () => {
      const { client } = connection;
      const [one, two] = [sampleImage({ layer: 'one' }), sampleImage({ layer: 'two' })];
      await pushSample(client, 'delete/app', one, 'v1', 'v1.0');
      await pushSample(client, 'delete/app', two, 'v2');
      const byTag = client.deleteManifest('delete/app', 'v1', signal);
      if (registry.deletesTags) {
        await byTag;
        assert.equal(await client.headManifest('delete/app', 'v1', signal), undefined);
        assert.equal((await client.headManifest('delete/app', 'v1.0', signal))?.digest, one.digest);
      } else {
        await assert.rejects(
          byTag,
          (error) => isCoreError(error, 'unsupported') && error.details.reason === 'tagDelete',
        );
      }
      await client.deleteManifest('delete/app', two.digest, signal);
      assert.equal(await client.headManifest('delete/app', 'v2', signal), undefined);
      await client.deleteManifest('delete/app', two.digest, signal);
    });

    it('takes an index, and says that a manifest is not there', async () => {
      const { client } = connection;
      const image = sampleImage({ layer: 'child' });
      await pushSample(client, 'index/app', image);
      const index = sampleIndex([[image, 'linux/amd64']]);
      await pushSample(client, 'index/app', index, 'multi');
      assert.equal((await client.getManifest('index/app', 'multi', signal)).kind, 'index');
      const lost: Digest = digestOf(new TextEncoder().encode('lost'));
      await assert.rejects(client.getManifest('index/app', lost, signal), (error) =>
        isCoreError(error, 'notFound'),
      );
    });
  });
}

describe('RegistryClient where deletion is disabled', () => {
  const starts = [
    ['Distribution 2.8', () => startDistribution({ deleteEnabled: false })],
    ['Distribution 3', () => startDistribution({ version: 3, deleteEnabled: false })],
    ['olareg', () => startOlareg({ deleteEnabled: false })],
  ] as const;
  for (const [name, start] of starts) {
    it(`says so on ${name}`, async () => {
      await using server = await start();
      await using connection = new TestConnection(server.url);
      const { client, signal } = connection;
      const image = sampleImage();
      await pushSample(client, 'app', image, 'v1');
      for (const reference of [image.digest, 'v1']) {
        await assert.rejects(
          client.deleteManifest('app', reference, signal),
          (error) => isCoreError(error, 'unsupported') && error.details.reason === 'deleteDisabled',
        );
      }
      assert.equal((await client.headManifest('app', 'v1', signal))?.digest, image.digest);
    });
  }
});

describe('RegistryClient on a registry with users', () => {
  it('tells wanting a sign-in from a refused one', async () => {
    await using server = await startDistribution({
      htpasswd: { username: 'ada', password: 'correct-horse' },
    });
    const ping = async (password?: string) => {
      await using connection = new TestConnection(
        server.url,
        password === undefined ? {} : { credential: { kind: 'basic', username: 'ada', password } },
      );
      return await connection.client.ping(connection.signal);
    };
    assert.equal((await ping()).authenticated, false);
    assert.equal((await ping('correct-horse')).authenticated, true);
    await assert.rejects(
      ping('wrong-horse'),
      (error) => isCoreError(error, 'unauthorized') && !JSON.stringify(error.details).includes('wrong-horse'),
    );
  });
});

describe('RegistryClient behind nginx under a path prefix', () => {
  it('pushes, pages and reads below the prefix', async () => {
    await using server = await startDistribution({ version: 3 });
    await using nginx = await startNginx({ upstream: server.url, pathPrefix: '/artifacts/docker' });
    await using connection = new TestConnection(`${nginx.url}/artifacts/docker`, { pathStyle: 'api' });
    const { client, signal } = connection;
    await pushSample(client, 'team/app', sampleImage(), 'v1', 'v2', 'v3');
    const first = await client.listTags('team/app', undefined, 2, signal);
    assert.deepEqual(first.items, ['v1', 'v2']);
    const second = await client.listTags('team/app', first.nextCursor, 2, signal);
    assert.deepEqual(second, { items: ['v3'] });
    assert.equal((await client.getManifest('team/app', 'v3', signal)).kind, 'manifest');
  });

  it('is not taken for a registry beside the prefix', async () => {
    await using server = await startDistribution();
    await using nginx = await startNginx({ upstream: server.url, pathPrefix: '/artifacts/docker' });
    await using connection = new TestConnection(nginx.url);
    await assert.rejects(connection.client.ping(connection.signal), (error) =>
      isCoreError(error, 'notARegistry'),
    );
  });
});
