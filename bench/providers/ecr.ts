/** Amazon ECR: what 1,000 tags with size and date cost, counted at a server that pages as AWS's API does. */
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { EcrProvider } from '../../src/core/providers/EcrProvider.ts';
import { TWO_PROFILES, useAwsHome } from '../../test/support/awsHome.ts';
import { startEcrContract } from '../../test/support/contract/ecr.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';

export const ecr: BenchGroup = {
  area,
  title: 'Amazon ECR',
  async run() {
    await using home = new AsyncDisposableStack();
    home.use(await useAwsHome({ credentials: TWO_PROFILES }));
    await using contract = await startEcrContract({
      keys: { AKIADEFAULT: [] },
      images: Array.from({ length: TAGS }, (_, index) => ({
        imageDigest: digestOf(Buffer.from(`image ${index}`)),
        imageTags: [`v${index}`],
        imageSizeInBytes: 1000,
        imagePushedAt: Date.UTC(2026, 0) / 1000 + index,
        imageManifestMediaType: MediaType.ociManifest,
        artifactMediaType: MediaType.ociConfig,
      })),
    });
    const { origin } = contract.server;
    await using connection = new TestConnection(origin);
    const settings = { profile: '', region: 'eu-west-1', apiUrl: origin };
    const listed = await listAllTags(
      new EcrProvider(testProviderContext(connection, { settings })),
      'team/app',
    );
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    const name = 'ECR: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours: contract.calls().length, bar: 11 })];
  },
};
