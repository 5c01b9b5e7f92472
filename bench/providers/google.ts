/** Google's registries: what 1,000 tags with size and date cost, counted at a server whose tags/list is as Google's. */
import { digestOf } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { GoogleProvider } from '../../src/core/providers/GoogleProvider.ts';
import { startGoogleContract } from '../../test/support/contract/google.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { testProviderContext } from '../../test/support/testProviderContext.ts';
import { absoluteRow, type BenchGroup } from '../BenchRow.ts';
import { listAllTags } from '../../test/support/listAll.ts';

const TAGS = 1_000;
const area = 'providers';
const accessToken = 'token';

export const google: BenchGroup = {
  area,
  title: 'Google Artifact Registry',
  async run(note) {
    const manifests = Array.from({ length: TAGS }, (_, index) => {
      const timeMs = String(Date.UTC(2025, 0) + index);
      return [
        digestOf(Buffer.from(`image ${index}`)),
        {
          imageSizeBytes: '1000',
          mediaType: MediaType.ociManifest,
          timeCreatedMs: timeMs,
          timeUploadedMs: timeMs,
          tag: [`v${index}`],
        },
      ] as const;
    });
    await using contract = await startGoogleContract({
      accessToken,
      images: { 'project/images/app': Object.fromEntries(manifests) },
    });
    const credential = { kind: 'basic', username: 'oauth2accesstoken', password: accessToken } as const;
    await using connection = new TestConnection(`${contract.server.origin}/project/images`, { credential });
    const provider = new GoogleProvider(testProviderContext(connection, { credential }));
    const listed = await listAllTags(provider, 'app');
    if (listed.filter(({ details }) => details?.sizeInBytes && details.createdAt).length !== TAGS) {
      throw new Error('some tags have no size or date');
    }
    note('Google: the sign-in (a challenge and a token, once a repository) is not counted');
    const name = 'Google: 1,000 tags with size and date';
    return [absoluteRow({ area, name, unit: 'requests', ours: contract.dataRequests().length, bar: 1 })];
  },
};
