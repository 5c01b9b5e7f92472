/** Real dive, run on an archive as `docker save` writes it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packTar } from './layers/packTar.ts';
import { findTool } from './tools.ts';

/** What dive writes with `--json`, as far as the tests read it. */
export interface DiveReport {
  readonly layer: readonly {
    readonly index: number;
    readonly sizeBytes: number;
    readonly digestId: string;
  }[];
  readonly image: {
    readonly sizeBytes: number;
    readonly inefficientBytes: number;
    readonly efficiencyScore: number;
    readonly fileReference: readonly {
      readonly count: number;
      readonly sizeBytes: number;
      readonly file: string;
    }[];
  };
}

/** @param folder for files of its own */
export async function runDive(archive: string, folder: string): Promise<DiveReport> {
  const report = join(folder, 'dive.json');
  // It writes over the beginning of what is there.
  await rm(report, { force: true });
  const args = ['--source', 'docker-archive', archive, '--json', report];
  await promisify(execFile)(findTool('dive'), args, { env: { ...process.env, HOME: folder } });
  return JSON.parse(await readFile(report, 'utf8')) as DiveReport;
}

/** An archive of uncompressed layers, the base first. */
export async function writeDockerArchive(file: string, layers: readonly Buffer[]): Promise<void> {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    history: layers.map((_, index) => ({ created_by: `step ${index}` })),
    rootfs: {
      type: 'layers',
      diff_ids: layers.map((layer) => `sha256:${createHash('sha256').update(layer).digest('hex')}`),
    },
  });
  const names = layers.map((_, index) => `${index}/layer.tar`);
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: ['made:1'], Layers: names }]);
  await writeFile(
    file,
    await packTar([
      ...layers.map((content, index) => ({ name: names[index]!, content })),
      { name: 'config.json', content: config },
      { name: 'manifest.json', content: manifest },
    ]),
  );
}
