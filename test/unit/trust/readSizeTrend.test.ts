/** The size trend on a real registry, and what it costs. */
import assert from 'node:assert/strict';
import type { TagDetails } from '../../../src/core/providers/RegistryProvider.ts';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { createProvider } from '../../../src/core/providers/index.ts';
import { readSizeTrend } from '../../../src/core/trust/readSizeTrend.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import { startDistribution } from '../../support/servers/distribution.ts';
import { TestConnection } from '../../support/TestConnection.ts';
import { testProviderContext } from '../../support/testProviderContext.ts';

const { signal } = new AbortController();

describe('The size trend of a repository', () => {
  it('is the latest tags, oldest first, one point a digest under its most telling tag', async () => {
    await using server = await startDistribution();
    await using connection = new TestConnection(server.url);
    const { client } = connection;
    const images = ['2026-01-01', '2026-02-01', '2026-03-01'].map((created, index) =>
      sampleImage({ created: `${created}T00:00:00Z`, layer: 'x'.repeat(100 * (index + 1)) }),
    );
    // The version that sorts last was built first.
    await pushSample(client, 'app', images[0]!, 'v2.0.0');
    await pushSample(client, 'app', images[1]!, 'v1.0.0');
    await pushSample(client, 'app', images[2]!, 'latest', 'v1', 'v1.1.0');
    await pushSample(client, 'app', sampleImage({ layer: 's' }), `sha256-${'a'.repeat(64)}.sig`);
    const provider = await createProvider('oci', testProviderContext(connection));
    const trend = await readSizeTrend(
      provider,
      'app',
      { digest: images[1]!.digest, reference: 'v1.0.0' },
      signal,
    );
    assert.deepEqual(
      trend.points.map(({ tag, otherTags, sizeInBytes, isShown }) => [tag, otherTags, sizeInBytes, isShown]),
      [
        ['v2.0.0', [], images[0]!.sizeInBytes, false],
        ['v1.0.0', [], images[1]!.sizeInBytes, true],
        ['v1.1.0', ['latest', 'v1'], images[2]!.sizeInBytes, false],
      ],
    );
    assert.equal(trend.isOverPlatforms, false);
  });

  it('asks for the details of 15 tags at most, and keeps the shown one among them', async () => {
    const asked: string[] = [];
    const details = (tag: string): TagDetails => ({
      digest: digestOf(Buffer.from(tag)),
      mediaType: 'application/vnd.oci.image.index.v1+json',
      kind: 'index',
      sizeInBytes: 1,
    });
    const provider = {
      listTags: async () => ({ items: Array.from({ length: 500 }, (_, index) => ({ name: `v1.${index}` })) }),
      getTagDetails: async (_repository: string, tag: string) => {
        asked.push(tag);
        if (tag === 'v1.499') throw new Error('gone');
        return details(tag);
      },
    };
    const shown = { digest: details('v1.3').digest, reference: 'v1.3' };
    const { points, isOverPlatforms } = await readSizeTrend(provider, 'app', shown, signal);
    assert.equal(asked.length, 15);
    assert.equal(isOverPlatforms, true);
    assert.deepEqual(
      points.filter(({ isShown }) => isShown).map(({ tag }) => tag),
      ['v1.3'],
    );
    assert.equal(points.at(-1)?.tag, 'v1.498', 'one that cannot be read is left out');
  });
});
