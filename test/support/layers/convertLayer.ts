/** Layers that real tools make out of a tar archive. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { digestOf } from '../../../src/core/oci/digest.ts';
import { MediaType } from '../../../src/core/oci/mediaType.ts';
import { parseManifest } from '../../../src/core/oci/parseManifest.ts';
import { findTool } from '../tools.ts';

const run = promisify(execFile);

export interface ConvertedLayer {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** By the library of eStargz's makers. */
export async function toEstargz(tar: Uint8Array): Promise<ConvertedLayer> {
  return inFolder(async (folder) => {
    const [from, to] = [join(folder, 'in.tar'), join(folder, 'out')];
    await writeFile(from, tar);
    const { stdout } = await run(findTool('estargz'), [from, to]);
    return {
      bytes: await readFile(to),
      mediaType: MediaType.ociLayerGzip,
      annotations: { 'containerd.io/snapshot/stargz/toc.digest': stdout.trim() },
    };
  });
}

/** By skopeo, which compresses what it copies into an OCI layout. */
export async function toZstd(tar: Uint8Array, format: 'zstd' | 'zstd:chunked'): Promise<ConvertedLayer> {
  return inFolder(async (folder) => {
    const from = join(folder, 'from');
    await mkdir(from);
    const config = Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
      }),
    );
    const part = (mediaType: string, bytes: Uint8Array) => ({
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: part(MediaType.ociConfig, config),
      layers: [part(MediaType.ociLayer, tar)],
    };
    await writeFile(join(from, 'version'), 'Directory Transport Version: 1.1\n');
    await writeFile(join(from, 'manifest.json'), JSON.stringify(manifest));
    for (const bytes of [config, tar])
      await writeFile(join(from, digestOf(bytes).slice('sha256:'.length)), bytes);
    const to = join(folder, 'to');
    const options = ['--insecure-policy', '--dest-compress-format', format];
    await run(findTool('skopeo'), ['copy', ...options, `dir:${from}`, `oci:${to}:it`]);
    const blob = (digest: string): Promise<Buffer> => readFile(join(to, 'blobs', digest.replace(':', '/')));
    const index = JSON.parse(await readFile(join(to, 'index.json'), 'utf8')) as {
      manifests: { digest: string; mediaType: string }[];
    };
    const { digest, mediaType } = index.manifests[0]!;
    const bytes = await blob(digest);
    const converted = parseManifest(bytes, mediaType, digestOf(bytes));
    if (converted.kind !== 'manifest') throw new Error('skopeo wrote no image');
    const [layer] = converted.layers;
    return {
      bytes: await blob(layer!.digest),
      mediaType: layer!.mediaType,
      annotations: layer!.annotations ?? {},
    };
  });
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-layer-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
