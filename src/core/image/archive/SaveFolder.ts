/**
 * Where the engine saves an image to while its files are open: a folder of its own in the system's temporary one, named after
 * the process that made it, so that what a crash left behind can be told from what another window reads.
 */
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'berth-image-';
const NAME = /^berth-image-([1-9]\d*)-\w+$/;
/** Younger ones may belong to a container's process that cannot be seen from here. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** A new folder that only this user can read; `parent` is there already. */
export async function createSaveFolder(parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

/** Removes folders that are a day old, belong to this user, and whose process has ended. What cannot be removed stays. */
export async function removeStaleSaves(parent = tmpdir()): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const processId = NAME.exec(name)?.[1];
    if (processId === undefined || isRunning(Number(processId))) continue;
    const folder = join(parent, name);
    const facts = await lstat(folder).catch(() => undefined);
    if (!facts?.isDirectory() || Date.now() - facts.mtimeMs < STALE_MS) continue;
    // Windows has no user numbers, and a temporary folder for each user.
    if (process.getuid && facts.uid !== process.getuid()) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Another user's process is one that runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
