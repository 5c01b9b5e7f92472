/** Quay: what 1,000 tags with size and date cost, counted at a server that speaks its published API. */
import { QuayProvider } from '../../src/core/providers/QuayProvider.ts';
import { quayTag, startQuayContract } from '../../test/support/contract/quay.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const REPOSITORY = 'acme/app';
const area = 'providers';

export const quay: BenchGroup = {
  area,
  title: 'Quay',
  async run() {
    const tags = Array.from({ length: TAGS }, (_, index) => quayTag(`v${index}`));
    await using server = await startQuayContract({
      repositories: { [REPOSITORY]: tags },
      publicRepositories: [REPOSITORY],
    });
    await using connection = new TestConnection(server.origin);
    const provider = new QuayProvider(testProviderContext(connection));
    const listed = await listAllTags(provider, REPOSITORY);
    const ours = server.requests.length;
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    const name = 'Quay: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 10 })];
  },
};
