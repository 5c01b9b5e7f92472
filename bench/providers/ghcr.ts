/** ghcr.io: what 1,000 tags with date cost, counted at a server that speaks GitHub's packages API, which has no sizes. */
import { GhcrProvider } from '../../src/core/providers/GhcrProvider.ts';
import { startGitHubContract } from '../../test/support/contract/gitHub.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';

export const ghcr: BenchGroup = {
  area,
  title: 'ghcr.io',
  async run(note) {
    await using gitHub = await startGitHubContract({ token: 'token', organizations: ['acme'] });
    for (let index = 0; index < TAGS; index += 1) gitHub.push('acme/app', [`v${index}`]);
    await using connection = new TestConnection(gitHub.server.origin, {
      endpoint: { namespacePrefix: 'acme' },
    });
    const provider = await GhcrProvider.open(
      testProviderContext(connection, {
        settings: { apiUrl: gitHub.server.origin },
        credential: { kind: 'basic', username: 'me', password: 'token' },
      }),
    );
    const listed = await listAllTags(provider, 'app');
    if (listed.filter(({ details }) => details?.createdAt).length !== TAGS) {
      throw new Error('some tags have no date');
    }
    note('ghcr.io: its API has no sizes; those of the tags on screen come from one manifest each');
    const name = 'ghcr.io: 1,000 tags with digest and date';
    return [absoluteRow({ area, name, unit: 'requests', ours: gitHub.server.requests.length, bar: 10 })];
  },
};
