/** Writes files of an image to the disk. What is not finished is not left behind. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { CoreError } from '../../common/CoreError.ts';
import { TimeSlices } from '../../common/TimeSlices.ts';
import type { FileEntry } from './FileEntry.ts';
import type { ImageFiles } from './ImageFiles.ts';
import type { TreePlan } from './planTree.ts';

export type SaveProgress = (bytesDone: number, filesDone: number) => void;

/** One file to `target`, replacing what is there only once it is whole. @throws CoreError `disk`, or what reading throws */
export async function saveFile(
  files: ImageFiles,
  file: FileEntry,
  target: string,
  signal: AbortSignal,
  onProgress: SaveProgress = () => undefined,
): Promise<void> {
  const temporary = temporaryBeside(target);
  try {
    await writeContent(temporary, file, files.open(file, signal), (bytes) => onProgress(bytes, 0));
    await onDisk(target, () => rename(temporary, target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * A folder at `target`, which must not be there yet: everything is written beside it first and named at the end.
 * @throws CoreError `conflict` with reason `fileExists`, `disk`, or what reading throws
 */
export async function saveTree(
  files: ImageFiles,
  plan: TreePlan,
  target: string,
  signal: AbortSignal,
  onProgress: SaveProgress = () => undefined,
): Promise<void> {
  const temporary = temporaryBeside(target);
  try {
    await onDisk(temporary, () => mkdir(temporary));
    for (const folder of plan.folders) await onDisk(folder, () => mkdir(inside(temporary, folder)));
    const slices = new TimeSlices(signal);
    const places = new Map<FileEntry, string>();
    for (const { path, file } of plan.files) {
      places.set(file, path);
      await slices.breathe();
    }
    let bytesDone = 0;
    let filesDone = 0;
    for await (const { file, content } of files.openAll(places.keys(), signal)) {
      const before = bytesDone;
      await writeContent(inside(temporary, places.get(file)!), file, content, (bytes) => {
        bytesDone = before + bytes;
        onProgress(bytesDone, filesDone);
      });
      filesDone += 1;
    }
    await onDisk(target, () => rename(temporary, target));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function writeContent(
  path: string,
  file: FileEntry,
  content: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  // Never through a link, never over a file that is there.
  const handle = await onDisk(path, () => open(path, 'wx'));
  let bytes = 0;
  try {
    for await (const chunk of content) {
      await onDisk(path, () => handle.writeFile(chunk));
      bytes += chunk.length;
      onBytes(bytes);
    }
  } finally {
    await handle.close();
  }
  const mode = (file.mode & 0o111) === 0 ? 0o644 : 0o755;
  await onDisk(path, () => chmod(path, mode));
  const time = file.modifiedAtSeconds;
  await onDisk(path, () => utimes(path, time, time));
}

/** @throws CoreError `invalidInput` for a place that is not below the folder: a plan holds none */
function inside(folder: string, path: string): string {
  const place = join(folder, path);
  const way = relative(folder, place);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`)) {
    throw new CoreError('invalidInput', `${path} is outside the folder`, {
      operation: 'save files',
      subject: path,
      reason: 'path',
    });
  }
  return place;
}

function temporaryBeside(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(4).toString('hex')}.part`);
}

async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const details = { operation: 'save files', subject: path, ...(code !== undefined && { code }) };
    if (code === 'EEXIST' || code === 'ENOTEMPTY') {
      throw new CoreError(
        'conflict',
        `${path} is there already`,
        { ...details, reason: 'fileExists' },
        error,
      );
    }
    throw new CoreError(
      'disk',
      `could not write ${path}`,
      { ...details, ...(code === 'ENOSPC' && { reason: 'diskFull' }) },
      error,
    );
  }
}
