/** Runs `filesProbe` as a process of its own, with the worker as it ships. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { FilesCost } from './filesProbe.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

export interface ProbedImage {
  readonly url: string;
  readonly repository: string;
  readonly tag: string;
}

/** Builds the worker into `folder`; the path of its file. */
export async function buildWorker(folder: string): Promise<string> {
  const outfile = join(folder, 'layerWorker.mjs');
  const entry = join(ROOT, 'src/core/image/layers/layerWorker.ts');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minify: true,
  });
  return outfile;
}

/** @param store where indexes are kept: the same folder for a second look */
export async function probeFiles(
  { url, repository, tag }: ProbedImage,
  store: string,
  worker: string,
  path?: string,
): Promise<FilesCost> {
  const probe = join(import.meta.dirname, 'filesProbe.ts');
  const args = [
    '--expose-gc',
    probe,
    url,
    repository,
    tag,
    store,
    worker,
    ...(path === undefined ? [] : [path]),
  ];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 1e7 });
  return JSON.parse(stdout) as FilesCost;
}
