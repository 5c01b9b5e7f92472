/** GitLab: what 1,000 tags with size and date cost, counted at a server that speaks its REST and GraphQL APIs. */
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { GitLabProvider } from '../../src/core/providers/GitLabProvider.ts';
import { startGitLabContract } from '../../test/support/contract/gitlab.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';
const token = 'token';

export const gitlab: BenchGroup = {
  area,
  title: 'GitLab',
  async run(note) {
    const tags = Array.from({ length: TAGS }, (_, index) => ({
      name: `v${index}`,
      digest: digestOf(Buffer.from(`image ${index}`)),
      createdAt: new Date(Date.UTC(2025, 0) + index).toISOString(),
      totalSize: '1000',
      mediaType: MediaType.ociManifest,
    }));
    await using contract = await startGitLabContract({
      token,
      groups: ['group'],
      projects: { 'group/app': { web: tags } },
    });
    const credential = { kind: 'basic', username: 'me', password: token } as const;
    await using connection = new TestConnection(`${contract.server.origin}/group`, { credential });
    const provider = await GitLabProvider.open(testProviderContext(connection, { credential }));
    await provider.listRepositories(undefined, new AbortController().signal);
    const before = contract.server.requests.length;
    const listed = await listAllTags(provider, 'app/web');
    const ours = contract.server.requests.length - before;
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    note('GitLab: counted from a listed repository; a pinned one is first looked up, one request or more');
    const name = 'GitLab: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours, bar: 10 })];
  },
};
