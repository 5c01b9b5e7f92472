/** Copies between registries and within one, against crane and skopeo, on real CNCF Distribution 2.8. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Digest } from '../../src/core/oci/digest.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import { copyTags, planCopy } from '../../src/core/operations/copy/copyTags.ts';
import type { CopyWish } from '../../src/core/operations/copy/copyTags.ts';
import { RegistryImages } from '../../src/core/operations/copy/RegistryImages.ts';
import type { Journal } from '../../src/core/operations/Journal.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import { FaultServer } from '../../test/support/faultServer/FaultServer.ts';
import { forward } from '../../test/support/forward.ts';
import { startDistribution } from '../../test/support/servers/distribution.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { findTool } from '../../test/support/tools.ts';
import { createTestJournal } from '../../test/unit/operations/operationsFixture.ts';
import { absoluteRow, comparedRow, type BenchGroup, type BenchRow } from '../BenchRow.ts';
import { medianTimes } from '../medianTimes.ts';

const MEBIBYTE = 1024 * 1024;
const BIG = { layers: 4, layerBytes: 256 * MEBIBYTE };
const SMALL = { layers: 20, layerBytes: 64 * 1024 };
const TAGS = 100;
const SOURCE = 'team/source';

export const copyImages: BenchGroup = {
  area: 'move',
  title: 'copies',
  run: async (note) => [...(await between(note)), ...(await within()), ...(await sharing())],
};

async function between(note: (text: string) => void): Promise<BenchRow[]> {
  await using a = await startDistribution();
  await using b = await startDistribution();
  await using from = new TestConnection(a.url);
  await using to = new TestConnection(b.url);
  await using kept = await createTestJournal();
  await pushImage(from.client, 'v1', BIG);
  let growth = 0;
  let count = 0;
  const target = () => `team/copy-${(count += 1)}`;
  const times = await medianTimes(
    {
      berth: async () => {
        const before = process.memoryUsage.rss();
        const timer = setInterval(() => (growth = Math.max(growth, process.memoryUsage.rss() - before)), 20);
        await copy(from.client, to.client, target(), [{ source: 'v1', targetTag: 'v1' }], kept.journal);
        clearInterval(timer);
      },
      crane: () => crane(`${a.host}/${SOURCE}:v1`, `${b.host}/${target()}:v1`),
      skopeo: () => skopeo(`${a.host}/${SOURCE}:v1`, `${b.host}/${target()}:v1`),
    },
    3,
  );
  note(`1 GB between registries: crane ${times.crane.toFixed(0)} ms, skopeo ${times.skopeo.toFixed(0)} ms`);
  const [peerName, peer] = times.crane <= times.skopeo ? ['crane', times.crane] : ['skopeo', times.skopeo];
  return [
    comparedRow({
      area: 'move',
      name: 'copy a 1 GB image between two registries',
      unit: 'ms',
      ours: times.berth,
      peer,
      peerName,
      bar: 1,
    }),
    absoluteRow({
      area: 'move',
      name: 'memory growth while a 1 GB image is copied',
      unit: 'MB',
      ours: growth / 1_000_000,
      bar: 100,
    }),
  ];
}

async function within(): Promise<BenchRow[]> {
  await using registry = await startDistribution();
  await using proxy = await FaultServer.start();
  let sent = 0;
  const pass = forward(registry.url);
  proxy.on('/*', (exchange) => {
    const { method, url, body } = exchange.request;
    if (method !== 'GET' && url.includes('/blobs/')) sent += body.length;
    return pass(exchange);
  });
  await using direct = new TestConnection(registry.url);
  await using counted = new TestConnection(proxy.origin);
  await using kept = await createTestJournal();
  await pushImage(direct.client, 'v1', SMALL);
  let count = 0;
  const target = () => `team/copy-${(count += 1)}`;
  const wishes = [{ source: 'v1', targetTag: 'v1' }];
  const times = await medianTimes(
    {
      berth: () => copy(direct.client, direct.client, target(), wishes, kept.journal),
      crane: () => crane(`${registry.host}/${SOURCE}:v1`, `${registry.host}/${target()}:v1`),
    },
    9,
  );
  await copy(counted.client, counted.client, target(), wishes, kept.journal);
  return [
    comparedRow({
      area: 'move',
      name: 'copy an image of 20 layers within one registry',
      unit: 'ms',
      ours: times.berth,
      peer: times.crane,
      peerName: 'crane',
      bar: 1.2,
    }),
    absoluteRow({
      area: 'move',
      name: 'layer bytes sent within one registry',
      unit: 'KB',
      ours: sent / 1000,
      bar: 0,
    }),
  ];
}

async function sharing(): Promise<BenchRow[]> {
  await using a = await startDistribution();
  await using b = await startDistribution();
  await using proxy = await FaultServer.start();
  let uploads = 0;
  const pass = forward(b.url);
  proxy.on('/*', (exchange) => {
    const { method, url, body } = exchange.request;
    if (method !== 'GET' && url.includes('/blobs/uploads/') && body.length > 0) uploads += 1;
    return pass(exchange);
  });
  await using from = new TestConnection(a.url);
  await using to = new TestConnection(proxy.origin);
  await using kept = await createTestJournal();
  const wishes = Array.from({ length: TAGS }, (_, at) => ({ source: `v${at}`, targetTag: `v${at}` }));
  for (const { source } of wishes) await pushImage(from.client, source, { layers: 5, layerBytes: 16_384 });
  await copy(from.client, to.client, 'team/copy', wishes, kept.journal);
  return [
    absoluteRow({
      area: 'move',
      name: `uploads per blob when ${TAGS} tags share 5 layers`,
      unit: 'uploads',
      ours: uploads / (TAGS + 5), // a config each
      bar: 1,
    }),
  ];
}

async function copy(
  from: RegistryClient,
  to: RegistryClient,
  repository: string,
  wishes: readonly CopyWish[],
  journal: Journal,
): Promise<void> {
  const { signal } = new AbortController();
  const [source, sink] = [new RegistryImages(from, SOURCE), new RegistryImages(to, repository)];
  const plan = await planCopy(source, sink, { wishes }, signal);
  const place = (client: RegistryClient, name: string) => ({
    connectionId: name,
    registry: client.endpoint.referenceHost,
    repository: name,
  });
  // crane and skopeo leave referrers behind too.
  const options = {
    journal,
    target: place(to, repository),
    from: place(from, SOURCE),
    referrers: false,
    signal,
  };
  const { outcomes } = await copyTags(source, sink, plan, {}, options);
  const failed = outcomes.find(({ error }) => error);
  if (failed?.error) throw failed.error;
}

/** Layers that are the same for every tag of one size, and a config that is not; streamed, so that nothing of it stays in memory. */
async function pushImage(
  client: RegistryClient,
  tag: string,
  { layers, layerBytes }: { readonly layers: number; readonly layerBytes: number },
): Promise<void> {
  const { signal } = new AbortController();
  const descriptors: { mediaType: string; digest: Digest; size: number }[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const hash = createHash('sha256');
    for (const chunk of layerContent(layer, layerBytes)) hash.update(chunk);
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    if ((await client.headBlob(SOURCE, digest, signal)) === undefined) {
      const open = async () => Readable.from(layerContent(layer, layerBytes), { objectMode: false });
      await client.transferBlob(SOURCE, { digest, sizeInBytes: layerBytes, open }, { signal });
    }
    descriptors.push({ mediaType: MediaType.ociLayer, digest, size: layerBytes });
  }
  const config = Buffer.from(JSON.stringify({ os: 'linux', architecture: 'amd64', tag }));
  const configDigest = await client.uploadBlob(SOURCE, config, signal);
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: configDigest, size: config.length },
    layers: descriptors,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await client.putManifest(SOURCE, tag, MediaType.ociManifest, bytes, signal);
}

/** Bytes that are different in every layer and every mebibyte. */
function* layerContent(layer: number, layerBytes: number): Generator<Buffer> {
  for (let offset = 0; offset < layerBytes; offset += MEBIBYTE) {
    const chunk = Buffer.alloc(Math.min(MEBIBYTE, layerBytes - offset), `layer ${layer}`);
    chunk.writeDoubleBE(offset, 0);
    yield chunk;
  }
}

async function crane(from: string, to: string): Promise<void> {
  await promisify(execFile)(findTool('crane'), ['copy', '--insecure', from, to]);
}

/**
 * Without what it remembers of earlier runs: it would have the layers mounted from their repositories. And as they are: it
 * would compress them, which leaves next to nothing of these to send, under other digests.
 */
async function skopeo(from: string, to: string): Promise<void> {
  const memory = await mkdtemp(join(tmpdir(), 'berth-skopeo-'));
  const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  // As root it would use the machine's own folder.
  const env = { ...process.env, XDG_DATA_HOME: memory, _CONTAINERS_ROOTLESS_UID: '1' };
  try {
    const args = ['copy', '--preserve-digests', ...insecure, `docker://${from}`, `docker://${to}`];
    await promisify(execFile)(findTool('skopeo'), args, { env });
  } finally {
    await rm(memory, { recursive: true, force: true });
  }
}
