import assert from 'node:assert/strict';
import { isCoreError } from '../../../src/core/common/CoreError.ts';
import { nullLogger } from '../../../src/core/common/Logger.ts';
import { Docker } from '../../../src/core/docker/Docker.ts';
import { DockerRunner } from '../../../src/core/docker/DockerRunner.ts';
import { LocalGarbage, parseGarbage } from '../../../src/core/operations/LocalGarbage.ts';
import { LocalRegistry } from '../../../src/core/operations/LocalRegistry.ts';
import { findNeededByIndexes } from '../../../src/core/operations/neededByIndexes.ts';
import { buildIndex } from '../../../scripts/samples/buildIndex.ts';
import { buildRegistryImage, useDockerEngine } from '../../support/dockerEngine.ts';
import { buildTinyImage, createTestProvider, neverCancelled, push, REPOSITORY } from './operationsFixture.ts';

const IMAGE = 'berth-garbage/registry:2';

describe('LocalGarbage', function () {
  this.timeout(90_000);
  const engine = useDockerEngine();
  const name = `berth-garbage-${process.pid}`;
  const signal = neverCancelled();
  let docker: Docker;
  let registry: LocalRegistry;
  let garbage: LocalGarbage;

  before('make the registry image', async () => {
    docker = new Docker(
      new DockerRunner(() => ({ program: 'docker', context: '', env: engine().env }), nullLogger),
    );
    registry = new LocalRegistry(docker, nullLogger, 10_000);
    garbage = new LocalGarbage(docker);
    await buildRegistryImage(engine(), [IMAGE]);
  });
  afterEach(() => registry.remove(name, { volume: true }, signal));

  it('shows what would go, takes it, and leaves a registry that takes the same layers again', async () => {
    const { port } = await registry.start({ name, port: 0, image: IMAGE, deleteEnabled: true }, { signal });
    await using provider = createTestProvider(`http://127.0.0.1:${port}`);
    const [kept, deleted, untagged] = ['kept', 'deleted', 'untagged'].map((each) => buildTinyImage(each));
    const platform = buildTinyImage('platform');
    await push(provider, kept!, 'kept');
    await push(provider, deleted!, 'deleted');
    await push(provider, untagged!, 'moving');
    await push(provider, kept!, 'moving');
    await push(provider, buildIndex([platform]), 'multi');
    await provider.client.deleteManifest(REPOSITORY, deleted!.descriptor.digest, signal);

    const digestsOf = (...images: (typeof kept)[]) =>
      images.flatMap((image) => image!.blobs.map(({ descriptor }) => descriptor.digest));
    const plain = await garbage.preview(name, { deleteUntagged: false }, signal);
    assert.deepEqual(new Set(plain.blobs), new Set([deleted!.descriptor.digest, ...digestsOf(deleted)]));
    assert.deepEqual(plain.manifests, []);
    const whole = await garbage.preview(name, { deleteUntagged: true }, signal);
    assert.ok(whole.manifests.includes(untagged!.descriptor.digest));
    // 2.8 does not look into indexes: what that would break is found by looking ourselves.
    const needed = await findNeededByIndexes(provider, whole.manifests, signal);
    assert.deepEqual(
      [...needed],
      whole.manifests.includes(platform.descriptor.digest) ? [platform.descriptor.digest] : [],
    );
    assert.equal(
      (await provider.client.headBlob(REPOSITORY, digestsOf(deleted)[0]!, signal)) !== undefined,
      true,
    );

    const output: string[] = [];
    const collected = await garbage.collect(
      name,
      { deleteUntagged: false },
      { signal, onOutput: (text) => output.push(text) },
    );
    assert.deepEqual(new Set(collected.blobs), new Set(plain.blobs));
    assert.match(output.join(''), /manifests eligible for deletion/);
    assert.ok(collected.freedBytes === undefined || collected.freedBytes >= 0);

    const again = await registry.start({ name, port: 0, image: IMAGE, deleteEnabled: true }, { signal });
    assert.equal(again.outcome, 'reused', 'it runs again');
    await using afterwards = createTestProvider(`http://127.0.0.1:${again.port}`);
    await push(afterwards, deleted!, 'deleted');
    for (const digest of digestsOf(deleted, kept)) {
      assert.notEqual(await afterwards.client.headBlob(REPOSITORY, digest, signal), undefined);
    }
  });

  it('says that a registry is stopped, or is of another make', async () => {
    await registry.start({ name, port: 0, image: IMAGE, deleteEnabled: true }, { signal });
    await registry.stop(name, signal);
    await assert.rejects(
      garbage.preview(name, { deleteUntagged: false }, signal),
      (error) => isCoreError(error, 'conflict') && error.details.reason === 'registryStopped',
    );
    await assert.rejects(garbage.preview(`${name}-none`, { deleteUntagged: false }, signal), {
      kind: 'notFound',
    });
  });
});

describe('parseGarbage', () => {
  it('reads the words of Distribution 2.8 and 3', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const output = `team/app\nmanifest eligible for deletion: ${digest}\n\n3 blobs marked, 1 blobs and 1 manifests eligible for deletion\nblob eligible for deletion: ${digest}\ntime="…" level=info msg="Deleting blob: /docker/registry/v2/blobs/sha256/ab/${digest}"\nblob eligible for deletion: nonsense\n`;
    assert.deepEqual(parseGarbage(output), { blobs: [digest], manifests: [digest] });
    assert.deepEqual(parseGarbage(''), { blobs: [], manifests: [] });
  });
});
