/** Harbor: what 1,000 tags with size and date cost, counted at a server that speaks its published API. */
import { HarborProvider } from '../../src/core/providers/HarborProvider.ts';
import { harborArtifact, startHarborContract } from '../../test/support/contract/harbor.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const REPOSITORY = 'library/app';
const area = 'providers';

export const harbor: BenchGroup = {
  area,
  title: 'Harbor',
  async run() {
    const tags = Array.from({ length: TAGS }, (_, index) => harborArtifact([`v${index}`]));
    await using contract = await startHarborContract({ repositories: { [REPOSITORY]: tags } });
    await using connection = new TestConnection(contract.server.origin);
    const provider = new HarborProvider(testProviderContext(connection));
    const listed = await listAllTags(provider, REPOSITORY);
    const ours = contract.server.requests.length;
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    const name = 'Harbor: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 10 })];
  },
};
