/** Images made at bench time out of what lies on the machine: text that compresses, programs that compress less. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import pLimit from 'p-limit';
import { createTar, type TarEntry } from '../../scripts/samples/createTar.ts';
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import { MediaType } from '../../src/core/oci/mediaType.ts';
import type { RegistryClient } from '../../src/core/registry/RegistryClient.ts';
import { descriptorOf } from '../../test/support/sampleImage.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');

export interface LayerPlan {
  /** Different plans make different layers. */
  readonly name: string;
  readonly fileCount: number;
  readonly averageSizeInBytes: number;
  /** Share of files that do not compress at all, from 0 to 1. */
  readonly incompressible?: number;
}

export interface BenchLayer {
  readonly tar: Buffer;
  readonly gzip: Buffer;
}

let corpus: { text: Buffer; program: Buffer } | undefined;

/** Files of many sizes in a few hundred directories. */
export async function makeLayer(plan: LayerPlan): Promise<BenchLayer> {
  corpus ??= {
    text: Buffer.concat(
      readdirSync(join(MODULES, 'typescript/lib'))
        .filter((file) => /\.(js|ts)$/.test(file))
        .map((file) => readFileSync(join(MODULES, 'typescript/lib', file))),
    ),
    program: readFileSync(process.execPath),
  };
  const random = randomOf(plan.name);
  const entries = Array.from({ length: plan.fileCount }, (_, i): TarEntry => {
    const size = Math.ceil(plan.averageSizeInBytes * (0.2 + 1.6 * random()));
    const kind = random();
    const isNoise = kind < (plan.incompressible ?? 0);
    const from = kind > 0.7 ? corpus!.program : corpus!.text;
    const start = Math.floor(random() * (from.length - size));
    const content = isNoise ? noise(size, `${plan.name}${i}`) : from.subarray(start, start + size);
    return { path: `${plan.name}/d${i % 400}/file-${i}`, content, modifiedAt: 1_700_000_000 };
  });
  const tar = createTar(entries);
  return { tar, gzip: await promisify(gzip)(tar, { level: 4 }) };
}

/** Two at a time: there are two cores. */
export async function makeLayers(plans: readonly LayerPlan[]): Promise<BenchLayer[]> {
  const limit = pLimit(2);
  return Promise.all(plans.map((plan) => limit(() => makeLayer(plan))));
}

/** Pushes an image of these layers; their descriptors. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  tag: string,
  layers: readonly { readonly bytes: Uint8Array; readonly annotations?: Readonly<Record<string, string>> }[],
): Promise<Descriptor[]> {
  const signal = AbortSignal.timeout(300_000);
  const config = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } }),
  );
  await client.uploadBlob(repository, config, signal);
  const descriptors: Descriptor[] = [];
  for (const { bytes, annotations } of layers) {
    await client.uploadBlob(repository, bytes, signal);
    descriptors.push({ ...descriptorOf(bytes, MediaType.ociLayerGzip), ...(annotations && { annotations }) });
  }
  const part = ({ mediaType, digest, sizeInBytes, annotations }: Descriptor) => ({
    mediaType,
    digest,
    size: sizeInBytes,
    annotations,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: part(descriptorOf(config, MediaType.ociConfig)),
    layers: descriptors.map(part),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await client.putManifest(repository, tag, MediaType.ociManifest, bytes, signal);
  return descriptors;
}

/** The same numbers in every run. */
function randomOf(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function noise(size: number, seed: string): Buffer {
  return createHash('shake256', { outputLength: size }).update(seed).digest();
}
