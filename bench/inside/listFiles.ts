/** The files of a whole image, seen for the first time and again, against copying it and listing its archives. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDistribution } from '../../test/support/servers/distribution.ts';
import { TestConnection } from '../../test/support/TestConnection.ts';
import { findTool } from '../../test/support/tools.ts';
import { absoluteRow, comparedRow, type BenchGroup, type BenchRow } from '../BenchRow.ts';
import { median } from '../medianTimes.ts';
import type { FilesCost } from './filesProbe.ts';
import { makeLayers, pushImage, type LayerPlan } from './images.ts';
import { buildWorker, probeFiles, type ProbedImage } from './probeFiles.ts';

const run = promisify(execFile);
const area = 'inside';
const ROUNDS = 3;
const MB = 1e6;

const TEN_LAYERS: readonly LayerPlan[] = Array.from({ length: 10 }, (_, i) => ({
  name: `layer-${i}`,
  fileCount: 1_600,
  averageSizeInBytes: 64_000,
}));
const MANY_FILES: readonly LayerPlan[] = [{ name: 'many', fileCount: 200_000, averageSizeInBytes: 1_200 }];

export const listFiles: BenchGroup = {
  area,
  title: 'Files of an image, listed',
  async run(note) {
    await using registry = await startDistribution();
    const folder = await mkdtemp(join(tmpdir(), 'berth-bench-'));
    try {
      const worker = await buildWorker(folder);
      const rows: BenchRow[] = [];
      for (const [what, repository, plans] of [
        ['1 GB in ten layers', 'bench/ten', TEN_LAYERS],
        ['200,000 files', 'bench/many', MANY_FILES],
      ] as const) {
        const image = { url: registry.url, repository, tag: '1' };
        await push(image, plans);
        rows.push(...(await measure(what, image, folder, worker, note)));
      }
      return rows;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function push(image: ProbedImage, plans: readonly LayerPlan[]): Promise<void> {
  await using connection = new TestConnection(image.url);
  const layers = await makeLayers(plans);
  await pushImage(
    connection.client,
    image.repository,
    image.tag,
    layers.map(({ gzip }) => ({ bytes: gzip })),
  );
}

async function measure(
  what: string,
  image: ProbedImage,
  folder: string,
  worker: string,
  note: (text: string) => void,
): Promise<BenchRow[]> {
  const first: FilesCost[] = [];
  const second: FilesCost[] = [];
  const peer: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const store = join(folder, `${image.repository.replace('/', '-')}-${round}`);
    const ours = async (): Promise<void> => {
      first.push(await probeFiles(image, store, worker));
      second.push(await probeFiles(image, store, worker));
    };
    const theirs = async (): Promise<void> => void peer.push(await copyAndList(image, join(folder, 'copy')));
    for (const turn of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await turn();
  }
  const firstMs = median(first.map(({ listMs }) => listMs));
  const entries = first[0]!.entries;
  note(
    `${what}: ${entries} entries, ${(first[0]!.listBytes / MB).toFixed(0)} MB of blobs; first ${first.map(({ listMs }) => listMs.toFixed(0)).join(', ')} ms, again ${second.map(({ shownMs }) => shownMs.toFixed(0)).join(', ')} ms, every entry of it walked ${second.map(({ listMs }) => listMs.toFixed(0)).join(', ')} ms`,
  );
  return [
    comparedRow({
      area,
      name: `${what}: first listing`,
      unit: 'ms',
      ours: firstMs,
      peer: median(peer),
      peerName: 'skopeo copy and tar -t',
      bar: 0.8,
    }),
    absoluteRow({
      area,
      name: `${what}: memory growth`,
      unit: 'MB',
      ours: Math.max(...first.map(({ growthInBytes }) => growthInBytes)) / MB,
      bar: 200,
    }),
    absoluteRow({
      area,
      name: `${what}: event loop blocked`,
      unit: 'ms',
      ours: median(first.map(({ blockedMs }) => blockedMs)),
      bar: 50,
    }),
    comparedRow({
      area,
      name: `${what}: second look, until the window shows it`,
      unit: 'ms',
      ours: median(second.map(({ shownMs }) => shownMs)),
      peer: firstMs,
      peerName: 'the first',
      bar: 0.01,
    }),
    absoluteRow({
      area,
      name: `${what}: second look, bytes of blobs`,
      unit: 'bytes',
      ours: Math.max(...second.map(({ listBytes }) => listBytes)),
      bar: 0,
    }),
  ];
}

/** What one does without Berth, in milliseconds. */
async function copyAndList({ url, repository, tag }: ProbedImage, target: string): Promise<number> {
  await rm(target, { recursive: true, force: true });
  const start = performance.now();
  const reference = `docker://${new URL(url).host}/${repository}:${tag}`;
  await run(findTool('skopeo'), [
    'copy',
    '--insecure-policy',
    '--src-tls-verify=false',
    '--quiet',
    reference,
    `dir:${target}`,
  ]);
  for (const file of (await readdir(target)).filter((name) => /^[0-9a-f]{64}$/.test(name))) {
    // The configuration is a blob too.
    await run('tar', ['-tzf', join(target, file)], { maxBuffer: 1e9 }).catch(() => undefined);
  }
  return performance.now() - start;
}
