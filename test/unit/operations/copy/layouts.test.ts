import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  buildBlob,
  buildJsonBlob,
  buildManifest,
  buildReferrer,
  gzip,
} from '../../../../scripts/samples/buildArtifact.ts';
import { createTar } from '../../../../scripts/samples/createTar.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { exportImages, planCopy } from '../../../../src/core/operations/copy/copyTags.ts';
import type { ImageSink } from '../../../../src/core/operations/copy/ImageStore.ts';
import { LayoutArchive } from '../../../../src/core/operations/copy/layout/LayoutArchive.ts';
import { LayoutFolder } from '../../../../src/core/operations/copy/layout/LayoutFolder.ts';
import { openLayout } from '../../../../src/core/operations/copy/layout/openLayout.ts';
import { useDockerEngine } from '../../../support/dockerEngine.ts';
import { MemoryRegistry } from '../../../support/memoryRegistry.ts';
import { findTool } from '../../../support/tools.ts';
import { createTestJournal, createTestProvider, neverCancelled } from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

const run = promisify(execFile);

/** An image that docker loads and runs nothing of. */
function buildRunnable() {
  const tar = createTar([{ path: 'hello.txt', content: 'hello from a layout\n' }]);
  return buildManifest({
    config: buildJsonBlob(MediaType.ociConfig, {
      os: 'linux',
      architecture: 'amd64',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'test' }],
    }),
    layers: [buildBlob(MediaType.ociLayerGzip, gzip(tar))],
  });
}

describe('layouts and archives', function () {
  this.timeout(120_000);
  const engine = useDockerEngine();
  let folder: string;
  let registry: MemoryRegistry;
  let provider: ReturnType<typeof createTestProvider>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-layout-'));
    registry = await MemoryRegistry.start({ deletes: 'tag', listsReferrers: true });
    provider = createTestProvider(registry.url);
  });
  afterEach(async () => {
    await provider[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const image = buildRunnable();
  const sbom = buildReferrer(image.descriptor, 'application/spdx+json', { name: 'app' });
  const pushAll = async () => {
    await pushBuilt(provider.client, SOURCE_REPOSITORY, image, ['v1'], neverCancelled());
    await pushBuilt(provider.client, SOURCE_REPOSITORY, sbom, [], neverCancelled());
  };
  const exportTo = async (sink: ImageSink, referrers = true) => {
    const source = imagesOf(provider.client, SOURCE_REPOSITORY);
    const plan = await planCopy(
      source,
      sink,
      { wishes: [{ source: 'v1', targetTag: 'v1' }] },
      neverCancelled(),
    );
    const { outcomes } = await exportImages(source, sink, plan, { referrers, signal: neverCancelled() });
    assert.deepEqual(
      outcomes.map(({ error }) => error),
      [undefined],
    );
  };
  const skopeoDigest = async (reference: string) => {
    const { stdout } = await run(findTool('skopeo'), ['inspect', '--format', '{{.Digest}}', reference]);
    return stdout.trim();
  };
  /** Everything the layout holds goes to the target repository. */
  const importFrom = async (path: string) => {
    await using kept = await createTestJournal();
    const source = await openLayout(path, neverCancelled());
    const wishes = (await source.images()).map(({ reference, tag }) => ({
      source: reference,
      ...(tag !== undefined && { targetTag: tag }),
    }));
    const { outcomes } = await copy(source, imagesOf(provider.client, TARGET_REPOSITORY), kept.journal, {
      wishes,
    });
    assert.deepEqual(
      outcomes.map(({ error }) => error),
      outcomes.map(() => undefined),
    );
    return registry.repository(TARGET_REPOSITORY);
  };

  it('exports to an OCI layout folder that skopeo reads, keeps what is there, and imports it again', async () => {
    await pushAll();
    await exportTo(new LayoutFolder(folder));
    await exportTo(new LayoutFolder(folder));
    assert.equal(await skopeoDigest(`oci:${folder}:v1`), image.descriptor.digest);
    const target = await importFrom(folder);
    assert.equal(target.tags.get('v1'), image.descriptor.digest);
    assert.deepEqual(target.manifests.get(image.descriptor.digest)?.bytes, image.bytes);
    assert.ok(target.manifests.has(sbom.descriptor.digest));
  });

  it('exports to an OCI archive that skopeo reads, and imports it again', async () => {
    await pushAll();
    const file = join(folder, 'app.tar');
    await using archive = new LayoutArchive(file);
    await exportTo(archive);
    await archive.finish();
    assert.equal(await skopeoDigest(`oci-archive:${file}:v1`), image.descriptor.digest);
    const target = await importFrom(file);
    assert.equal(target.tags.get('v1'), image.descriptor.digest);
    assert.ok(target.manifests.has(sbom.descriptor.digest));
  });

  it('exports what docker load takes, and imports what docker save makes', async () => {
    await pushAll();
    const file = join(folder, 'app.tar');
    await using archive = new LayoutArchive(file, 'example.test/team/app');
    await exportTo(archive, false);
    await archive.finish();
    await engine().docker('load', '--input', file);
    const id = await engine().docker('image', 'inspect', '--format', '{{.Id}}', 'example.test/team/app:v1');
    assert.equal(id.trim(), image.blobs[0]!.descriptor.digest);

    const saved = join(folder, 'saved.tar');
    await engine().docker('save', '--output', saved, 'example.test/team/app:v1');
    const target = await importFrom(saved);
    const manifest = target.manifests.get(target.tags.get('v1')!)!;
    const { config, layers } = JSON.parse(manifest.bytes.toString()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    assert.equal(config.digest, image.blobs[0]!.descriptor.digest);
    assert.equal(layers.length, 1);
    assert.ok(target.blobs.has(layers[0]!.digest));
  });

  it('leaves no part of an archive behind when it is given up', async () => {
    await pushAll();
    {
      await using archive = new LayoutArchive(join(folder, 'app.tar'));
      await exportTo(archive);
    }
    assert.deepEqual(await readdir(folder), []);
  });

  it('refuses content that is not what its digest says', async () => {
    await pushAll();
    await exportTo(new LayoutFolder(folder));
    const layer = join(folder, 'blobs', image.blobs[1]!.descriptor.digest.replace(':', '/'));
    const bytes = await readFile(layer);
    bytes[20]! ^= 1;
    await writeFile(layer, bytes);
    await assert.rejects(importFrom(folder), { kind: 'digestMismatch' });
    assert.equal(registry.repository(TARGET_REPOSITORY).tags.size, 0);
  });

  it('says what is no layout, and what is compressed', async () => {
    await assert.rejects(openLayout(folder, neverCancelled()), { kind: 'invalidInput' });
    const file = join(folder, 'app.tar.gz');
    await writeFile(file, gzipSync('x'));
    await assert.rejects(openLayout(file, neverCancelled()), { kind: 'invalidInput' });
    await assert.rejects(openLayout(join(folder, 'nothing'), neverCancelled()), { kind: 'notFound' });
  });
});
