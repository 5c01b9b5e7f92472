import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createSaveFolder, removeStaleSaves } from '../../../../src/core/image/archive/SaveFolder.ts';

const TWO_DAYS_AGO = Date.now() / 1000 - 2 * 24 * 3600;

describe('Folders that images of the engine are saved to', () => {
  const parent = mkdtempSync(join(tmpdir(), 'berth-saves-'));
  const old = (path: string): void => utimesSync(path, TWO_DAYS_AGO, TWO_DAYS_AGO);
  const ended = spawnSync(process.execPath, ['--version']).pid;
  after(() => rmSync(parent, { recursive: true }));

  it('go when they are old and their process has ended, and nothing else does', async () => {
    const left = join(parent, `berth-image-${ended}-abcdef`);
    mkdirSync(left);
    writeFileSync(join(left, 'image.tar'), 'what a crash left');
    const own = await createSaveFolder(parent);
    const young = join(parent, `berth-image-${ended}-ghijkl`);
    mkdirSync(young);
    const other = join(parent, 'berth-image-notes');
    mkdirSync(other);
    const link = join(parent, `berth-image-${ended}-linked`);
    symlinkSync(other, link);
    for (const path of [left, own, other]) old(path);
    await removeStaleSaves(parent);
    assert.deepEqual(
      readdirSync(parent).sort(),
      [own, young, other, link].map((path) => basename(path)).sort(),
    );
  });

  it('are looked for quietly where there is no temporary folder', async () => {
    await removeStaleSaves(join(parent, 'nowhere'));
  });
});
