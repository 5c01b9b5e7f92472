/** Azure Container Registry: what 1,000 tags with size and date cost, counted at a server whose API is as Azure's. */
import { digestOf } from '../../src/core/oci/digest.ts';
import { AcrProvider } from '../../src/core/providers/AcrProvider.ts';
import { acrImages, startAcrContract } from '../../test/support/contract/acr.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';

export const acr: BenchGroup = {
  area,
  title: 'Azure Container Registry',
  async run(note) {
    await using contract = await startAcrContract({
      repositories: { app: { manifests: acrImages(TAGS, digestOf) } },
      accounts: { 'admin:secret': ['AcrPull'] },
    });
    await using connection = new TestConnection(contract.server.origin, {
      credential: { kind: 'basic', username: 'admin', password: 'secret' },
    });
    const listed = await listAllTags(new AcrProvider(testProviderContext(connection)), 'app');
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    note('ACR: the sign-in (a challenge and a token, once a repository) is not counted');
    const name = 'ACR: 1,000 tags with size, date and locks';
    return [absoluteRow({ area, name, unit: 'requests', ours: contract.dataRequests().length, bar: 20 })];
  },
};
