/** Fills one repository the way years of releases do: a thousand tags, each an image of its own but for `latest`. */
import pLimit from 'p-limit';
import { pushSample, sampleImage } from '../../test/support/sampleImage.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';

export const REPOSITORY = 'team/service';
export const TAG_COUNT = 1_000;

/** Pushes 999 versions, each with its own manifest and config, and puts `latest` on the highest of them. */
export async function seedRepository(url: string): Promise<void> {
  await using connection = new TestConnection(url);
  const { client } = connection;
  const limit = pLimit(6);
  const versions = Array.from({ length: TAG_COUNT - 1 }, (_, index) => index);
  await Promise.all(
    versions.map((index) =>
      limit(() => {
        const image = sampleImage({ created: new Date(Date.UTC(2020, 0, 1 + index)).toISOString() });
        const tag = `v${Math.floor(index / 100)}.${Math.floor(index / 10) % 10}.${index % 10}`;
        const isHighest = index === versions.length - 1;
        return pushSample(client, REPOSITORY, image, tag, ...(isHighest ? ['latest'] : []));
      }),
    ),
  );
}
