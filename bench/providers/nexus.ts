/** Nexus: what 1,000 tags with digest and date cost (it tells no sizes), counted at a server that speaks its published API. */
import { NexusProvider } from '../../src/core/providers/NexusProvider.ts';
import { startNexusContract } from '../../test/support/contract/nexus.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const REPOSITORY = 'team/app';
const area = 'providers';

export const nexus: BenchGroup = {
  area,
  title: 'Nexus',
  async run() {
    const images = Array.from({ length: TAGS }, (_, index) => ({ name: REPOSITORY, version: `v${index}` }));
    await using contract = await startNexusContract({ repositories: { 'docker-hosted': images } });
    const url = `${contract.server.origin}/repository/docker-hosted`;
    await using connection = new TestConnection(url, { pathStyle: 'api' });
    const provider = new NexusProvider(testProviderContext(connection));
    const listed = await listAllTags(provider, REPOSITORY);
    const ours = contract.server.requests.length;
    if (listed.filter(({ details }) => details?.digest && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no digest or date');
    }
    const name = 'Nexus: 1,000 tags with digest and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 21 })];
  },
};
