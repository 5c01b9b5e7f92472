/** An image that names its base by annotation, and that base moved on since. */
import { buildImage, buildLayer } from '../../scripts/samples/buildImage.ts';
import { pushBuilt } from '../../scripts/samples/pushBuilt.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';

const platform = { os: 'linux', architecture: 'amd64' };

/** Pushes `samples/base:12`, `samples/derived:v1` on it, and another `samples/base:12`. */
export async function pushBaseAndDerived(client: RegistryClient): Promise<void> {
  const { signal } = new AbortController();
  const layer = (content: string) => buildLayer([{ path: 'etc/version', content }]);
  const baseOf = (content: string) =>
    buildImage({
      platform,
      createdAt: new Date('2026-09-01T00:00:00Z'),
      steps: [{ createdBy: 'ADD rootfs.tar /', layer: layer(content) }],
    });
  const before = baseOf('12.1');
  await pushBuilt(client, 'samples/base', before, ['12'], signal);
  const derived = buildImage({
    platform,
    createdAt: new Date('2026-09-02T00:00:00Z'),
    annotations: {
      'org.opencontainers.image.base.name': `${client.endpoint.referenceHost}/samples/base:12`,
      'org.opencontainers.image.base.digest': before.descriptor.digest,
    },
    steps: [
      { createdBy: 'ADD rootfs.tar /', layer: layer('12.1') },
      { createdBy: 'COPY app /app', layer: buildLayer([{ path: 'app', content: 'app' }]) },
    ],
  });
  await pushBuilt(client, 'samples/derived', derived, ['v1'], signal);
  await pushBuilt(client, 'samples/base', baseOf('12.2'), ['12'], signal);
}
