/** zot: what 1,000 tags with size and date cost, counted at a server that speaks its published API. */
import { ZotProvider } from '../../src/core/providers/ZotProvider.ts';
import { zotImage, startZotContract } from '../../test/support/contract/zot.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const REPOSITORY = 'team/app';
const area = 'providers';

export const zot: BenchGroup = {
  area,
  title: 'zot',
  async run() {
    const tags = Array.from({ length: TAGS }, (_, index) => zotImage(`v${index}`));
    await using server = await startZotContract({ repositories: { [REPOSITORY]: tags } });
    await using connection = new TestConnection(server.origin);
    const provider = new ZotProvider(testProviderContext(connection));
    const listed = await listAllTags(provider, REPOSITORY);
    const ours = server.requests.length;
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    const name = 'zot: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 2 })];
  },
};
