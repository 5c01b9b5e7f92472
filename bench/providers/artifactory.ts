/** Artifactory: what 1,000 tags with size and date cost, counted at a server that speaks its published API. */
import { ArtifactoryProvider } from '../../src/core/providers/ArtifactoryProvider.ts';
import { artifactoryTag, startArtifactoryContract } from '../../test/support/contract/artifactory.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const REPOSITORY = 'team/app';
const area = 'providers';

export const artifactory: BenchGroup = {
  area,
  title: 'Artifactory',
  async run() {
    const items = Array.from({ length: TAGS }, (_, index) => artifactoryTag(REPOSITORY, `v${index}`)).flat();
    const root = { key: 'docker-local' };
    const credential = { kind: 'basic', username: 'ada', password: 'bench' } as const;
    await using contract = await startArtifactoryContract({
      account: 'ada:bench',
      repositories: { [root.key]: items },
      root,
    });
    const url = `${contract.server.origin}/artifactory/api/docker/${root.key}`;
    await using connection = new TestConnection(url, { credential, pathStyle: 'api' });
    const provider = new ArtifactoryProvider(testProviderContext(connection, { credential }));
    const listed = await listAllTags(provider, REPOSITORY);
    const ours = contract.server.requests.length;
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    const name = 'Artifactory: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 2 })];
  },
};
