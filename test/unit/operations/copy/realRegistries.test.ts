import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createTar } from '../../../../scripts/samples/createTar.ts';
import {
  buildBlob,
  buildCosignSignature,
  buildJsonBlob,
  buildManifest,
  buildReferrer,
  descriptorJson,
  gzip,
} from '../../../../scripts/samples/buildArtifact.ts';
import type { BuiltManifest } from '../../../../scripts/samples/buildArtifact.ts';
import { pushBuilt } from '../../../../scripts/samples/pushBuilt.ts';
import { digestOf } from '../../../../src/core/oci/digest.ts';
import { MediaType } from '../../../../src/core/oci/mediaType.ts';
import { startDistribution } from '../../../support/servers/distribution.ts';
import { startOlareg } from '../../../support/servers/olareg.ts';
import { startZot } from '../../../support/servers/zot.ts';
import { startCuttingProxy } from '../../../support/servers/startCuttingProxy.ts';
import type { TestServer } from '../../../support/servers/startProcess.ts';
import { findTool } from '../../../support/tools.ts';
import { createTestJournal, createTestProvider, neverCancelled } from '../operationsFixture.ts';
import { copy, imagesOf, SOURCE_REPOSITORY, TARGET_REPOSITORY } from './copyFixture.ts';

const run = promisify(execFile);

const REGISTRIES: Readonly<Record<string, () => Promise<TestServer>>> = {
  'Distribution 2.8': () => startDistribution(),
  'Distribution 3': () => startDistribution({ version: 3 }),
  zot: () => startZot(),
  olareg: () => startOlareg(),
};

/** A real image of some size for two platforms, with an SBOM and cosign's signature. */
function buildRelease(): {
  readonly index: BuiltManifest;
  readonly attached: readonly (readonly [BuiltManifest, string?])[];
} {
  const images = ['amd64', 'arm64'].map((architecture) => {
    const tars = [300_000, 10].map((size) =>
      createTar([{ path: `data-${architecture}-${size}`, content: randomBytes(size).toString('hex') }]),
    );
    const diffIds = tars.map((tar) => digestOf(tar));
    const config = { os: 'linux', architecture, config: {}, rootfs: { type: 'layers', diff_ids: diffIds } };
    return buildManifest({
      config: buildJsonBlob(MediaType.ociConfig, config),
      layers: tars.map((tar) => buildBlob(MediaType.ociLayerGzip, gzip(tar))),
    });
  });
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: images.map(({ descriptor }, at) => ({
        ...descriptorJson(descriptor),
        platform: { os: 'linux', architecture: ['amd64', 'arm64'][at] },
      })),
    }),
  );
  const descriptor = { mediaType: MediaType.ociIndex, digest: digestOf(bytes), sizeInBytes: bytes.length };
  const signature = buildCosignSignature(descriptor, 'example/app');
  return {
    index: { bytes, descriptor, blobs: [], children: images },
    attached: [
      [buildReferrer(descriptor, 'application/spdx+json', { name: 'app' })],
      [buildReferrer(images[0]!.descriptor, 'application/vnd.cyclonedx+json', { name: 'amd64' })],
      [signature.manifest, signature.tag],
    ],
  };
}

/** All of an image, each blob checked by skopeo; the digest of what it read. */
async function readBackWithSkopeo(reference: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-skopeo-'));
  try {
    const args = ['copy', '--all', '--src-tls-verify=false', `docker://${reference}`, `oci:${folder}:v1`];
    await run(findTool('skopeo'), args);
    return digestOf(
      Buffer.from((await run(findTool('skopeo'), ['inspect', '--raw', `oci:${folder}:v1`])).stdout),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('copies between real registries', function () {
  this.timeout(120_000);

  const pairs = Object.keys(REGISTRIES).flatMap((from) =>
    Object.keys(REGISTRIES).map((to) => [from, to] as const),
  );
  for (const [from, to] of pairs) {
    it(`from ${from} to ${to}: crane and skopeo read back the same, referrers and all`, async () => {
      await using a = await REGISTRIES[from]!();
      await using b = await REGISTRIES[to]!();
      await using source = createTestProvider(a.url);
      await using target = createTestProvider(b.url);
      await using kept = await createTestJournal();
      const signal = neverCancelled();
      const { index, attached } = buildRelease();
      await pushBuilt(source.client, SOURCE_REPOSITORY, index, ['v1'], signal);
      for (const [built, tag] of attached) {
        await pushBuilt(source.client, SOURCE_REPOSITORY, built, tag === undefined ? [] : [tag], signal);
      }

      await copy(
        imagesOf(source.client, SOURCE_REPOSITORY),
        imagesOf(target.client, TARGET_REPOSITORY),
        kept.journal,
        { wishes: [{ source: 'v1', targetTag: 'v1' }] },
      );

      const { digest } = index.descriptor;
      const reference = `${b.host}/${TARGET_REPOSITORY}`;
      const crane = await run(findTool('crane'), ['digest', '--insecure', `${reference}:v1`]);
      assert.equal(crane.stdout.trim(), digest);
      for (const platform of ['linux/amd64', 'linux/arm64']) {
        const args = ['validate', '--insecure', '--platform', platform, '--remote', `${reference}:v1`];
        assert.match((await run(findTool('crane'), args)).stdout, /^PASS/);
      }
      assert.equal(await readBackWithSkopeo(`${reference}:v1`), digest);
      const [sbom, ofPlatform, signature] = attached;
      for (const [subject, referrer] of [
        [digest, sbom![0]],
        [index.children[0]!.descriptor.digest, ofPlatform![0]],
      ] as const) {
        const { referrers } = await target.client.listReferrers(TARGET_REPOSITORY, subject, signal);
        assert.deepEqual(
          referrers.map((each) => each.digest),
          [referrer.descriptor.digest],
        );
      }
      const cosign = await run(findTool('crane'), ['digest', '--insecure', `${reference}:${signature![1]}`]);
      assert.equal(cosign.stdout.trim(), signature![0].descriptor.digest);
    });
  }

  for (const [name, start] of Object.entries(REGISTRIES)) {
    it(`goes on with an upload that is cut on its way to ${name}`, async () => {
      await using a = await startDistribution();
      await using b = await start();
      await using proxy = await startCuttingProxy(b.port, 4_000_000);
      await using source = createTestProvider(a.url);
      await using target = createTestProvider(proxy.url);
      await using kept = await createTestJournal();
      const layer = buildBlob(MediaType.ociLayerGzip, gzipSync(randomBytes(12_000_000), { level: 1 }));
      const config = {
        os: 'linux',
        architecture: 'amd64',
        rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
      };
      const image = buildManifest({ config: buildJsonBlob(MediaType.ociConfig, config), layers: [layer] });
      await pushBuilt(source.client, SOURCE_REPOSITORY, image, ['v1'], neverCancelled());
      await copy(
        imagesOf(source.client, SOURCE_REPOSITORY),
        imagesOf(target.client, TARGET_REPOSITORY),
        kept.journal,
        { wishes: [{ source: 'v1', targetTag: 'v1' }] },
      );
      const reference = `${b.host}/${TARGET_REPOSITORY}:v1`;
      assert.equal(await readBackWithSkopeo(reference), image.descriptor.digest);
      assert.equal(proxy.cuts(), 1);
      // Distribution 3 and olareg go on from the cut; 2.8 and zot forget what came before it, which is then sent again.
      const again = proxy.sentBytes() - layer.bytes.length;
      assert.ok(again < 5_000_000, `${again} bytes too many`);
    });
  }
});
