import assert from 'node:assert/strict';
import { buildImage, buildLayer } from '../../../../scripts/samples/buildImage.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { parseImageConfig } from '../../../../src/core/oci/imageConfig.ts';
import type { RegistrySession } from '../../../../src/platform/RegistrySession.ts';
import {
  isSameImage,
  loadComparison,
  type ComparedImage,
} from '../../../../src/panels/compare/loadComparison.ts';
import type { CompareTarget } from '../../../../src/panels/compare/comparePanelProtocol.ts';
import { pushSample, sampleImage, sampleIndex } from '../../../support/sampleImage.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import { TestConnection } from '../../../support/TestConnection.ts';

const REPOSITORY = 'team/app';
const target = (reference: string): CompareTarget => ({
  kind: 'registry',
  connectionId: 'here',
  repository: REPOSITORY,
  reference,
  title: reference,
  name: reference,
});

describe('loadComparison', () => {
  const stack = new AsyncDisposableStack();
  let connection: TestConnection;
  const arm = { architecture: 'arm64' };

  before('a registry with two indexes and an image', async () => {
    const registry = stack.use(await startDistribution());
    connection = stack.use(new TestConnection(registry.url));
    const { client } = connection;
    const images = {
      amd: sampleImage({ layer: 'amd' }),
      arm: sampleImage({ ...arm, layer: 'arm' }),
      amd2: sampleImage({ layer: 'amd2' }),
      arm2: sampleImage({ ...arm, layer: 'arm2' }),
    };
    await pushSample(client, REPOSITORY, images.amd, 'single');
    for (const image of Object.values(images)) await pushSample(client, REPOSITORY, image);
    const first = sampleIndex([
      [images.amd, 'linux/amd64'],
      [images.arm, 'linux/arm64'],
    ]);
    const second = sampleIndex([
      [images.arm2, 'linux/arm64'],
      [images.amd2, 'linux/amd64'],
    ]);
    await pushSample(client, REPOSITORY, first, 'first');
    await pushSample(client, REPOSITORY, second, 'second');
  });
  after(() => stack.disposeAsync());

  async function load(before: string, after: string, platform?: string) {
    const sessions = { open: async () => ({ client: connection.client }) as unknown as RegistrySession };
    const docker = { imageConfig: async () => Promise.reject(new Error('not expected')) };
    const request = {
      before: target(before),
      after: target(after),
      ...(platform !== undefined && { platform }),
    };
    return loadComparison({ sessions, docker }, request, connection.signal);
  }

  it('compares one platform of both, this machine’s unless another is chosen', async () => {
    const own = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';
    const byDefault = await load('first', 'second');
    assert.deepEqual([byDefault.before.platform, byDefault.after.platform], [own, own]);
    assert.deepEqual(byDefault.platforms, ['linux/amd64', 'linux/arm64']);
    const chosen = await load('first', 'second', 'linux/arm64');
    assert.deepEqual(
      [chosen.before.config.architecture, chosen.after.config.architecture],
      ['arm64', 'arm64'],
    );
    assert.notEqual(chosen.before.digest, byDefault.before.digest);
  });

  it('finds the image of an index that a single image is', async () => {
    const { before, after } = await load('single', 'first', 'linux/amd64');
    assert.equal(before.digest, after.digest);
    assert.equal(before.layers[0]?.digest, after.layers[0]?.digest);
  });

  it('knows an image of the engine as the one of the registry, by its config', async () => {
    const { client, signal } = connection;
    const sessions = { open: async () => ({ client }) as unknown as RegistrySession };
    const layer = buildLayer([{ path: 'a', content: 'a' }]);
    const image = buildImage({
      platform: { os: 'linux', architecture: 'amd64' },
      createdAt: new Date(0),
      steps: [{ createdBy: 'COPY a /', layer }],
    });
    await pushBuilt(client, REPOSITORY, image, ['built'], signal);
    const manifest = await client.getManifest(REPOSITORY, 'built', signal);
    assert.ok(manifest.kind === 'manifest');
    const { digest: imageId } = manifest.config;
    const config = parseImageConfig(await client.readBlob(REPOSITORY, imageId, 1_000_000, signal));
    const docker = { imageConfig: async () => config };
    const local = { kind: 'docker', imageId, title: 'app', name: 'app' } as const;
    const compare = async (reference: string) =>
      isSameImage(
        await loadComparison({ sessions, docker }, { before: target(reference), after: local }, signal),
      );
    assert.equal(await compare('built'), true);
    assert.equal(await compare('second'), false);
  });

  it('takes two artifacts with one empty config for two', () => {
    const artifact = (digest: string) =>
      ({ digest, configDigest: 'sha256:44136fa', config: { diffIds: [] } }) as unknown as ComparedImage;
    assert.equal(isSameImage({ before: artifact('a'), after: artifact('b'), platforms: [] }), false);
    assert.equal(isSameImage({ before: artifact('a'), after: artifact('a'), platforms: [] }), true);
  });

  it('says which of the names leads nowhere', async () => {
    await assert.rejects(load('first', 'absent'), { kind: 'notFound' });
  });
});
