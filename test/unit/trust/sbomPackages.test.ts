import assert from 'node:assert/strict';
import { comparePackages } from '../../../src/core/image/packages/comparePackages.ts';
import { readSbomPackages } from '../../../src/core/trust/sbomPackages.ts';
import { buildReferrer } from '../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../scripts/samples/pushBuilt.ts';
import { pushSample, sampleImage } from '../../support/sampleImage.ts';
import { startOlareg } from '../../support/servers/olareg.ts';
import { TestConnection } from '../../support/TestConnection.ts';

const spdx = (version: string) => ({
  spdxVersion: 'SPDX-2.3',
  packages: [{ name: 'zlib', versionInfo: version }, { name: 'app' }],
});

describe('readSbomPackages', () => {
  it('lists what the SBOM attached to an image names, and nothing where none is attached', async () => {
    await using registry = await startOlareg();
    await using connection = new TestConnection(registry.url);
    const { client, signal } = connection;
    const image = sampleImage();
    await pushSample(client, 'team/app', image, 'v1');
    const read = async () => readSbomPackages(client, 'team/app', image.digest, [], signal);
    assert.equal(await read(), undefined);
    const subject = { mediaType: image.mediaType, digest: image.digest, sizeInBytes: image.bytes.length };
    await pushBuilt(
      client,
      'team/app',
      buildReferrer(subject, 'application/spdx+json', spdx('1.2')),
      [],
      signal,
    );
    const packages = await read();
    assert.deepEqual(packages, [
      { manager: 'sbom', name: 'zlib', version: '1.2' },
      { manager: 'sbom', name: 'app', version: '' },
    ]);
    assert.deepEqual(comparePackages(packages, packages), []);
  });
});
