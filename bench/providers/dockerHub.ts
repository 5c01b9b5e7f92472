/** Docker Hub: what 1,000 tags with size and date cost, counted at a server that speaks its API. */
import { DockerHubProvider } from '../../src/core/providers/DockerHubProvider.ts';
import { hubTag, startHubContract } from '../../test/support/contract/dockerHub.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';

export const dockerHub: BenchGroup = {
  area,
  title: 'Docker Hub',
  async run() {
    const tags = Array.from({ length: TAGS }, (_, index) => hubTag(`v${index}`, index));
    await using hub = await startHubContract({ repositories: { 'acme/app': tags } });
    await using connection = new TestConnection(hub.server.origin, { endpoint: { namespacePrefix: 'acme' } });
    const provider = await DockerHubProvider.open(
      testProviderContext(connection, { settings: { apiUrl: hub.server.origin } }),
    );
    const listed = await listAllTags(provider, 'app');
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or no date');
    }
    const name = 'Docker Hub: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours: hub.server.requests.length, bar: 10 })];
  },
};
