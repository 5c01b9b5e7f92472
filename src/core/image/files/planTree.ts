/**
 * Which files of an image are written where, when a folder of it is saved: only files and folders (no link, no device),
 * never outside the chosen folder, under names the disk takes, and no two into one.
 */
import { TimeSlices } from '../../common/TimeSlices.ts';
import type { FileEntry } from './FileEntry.ts';

export interface PlannedFile {
  /** Below the chosen folder, with `/`. */
  readonly path: string;
  readonly file: FileEntry;
}

export interface TreePlan {
  /** Parents before children. */
  readonly folders: readonly string[];
  readonly files: readonly PlannedFile[];
  /** Links, devices and pipes that are left out. */
  readonly skipped: number;
  /** Entries that could not keep their name. */
  readonly renamed: number;
  readonly sizeInBytes: number;
}

/** What the disk makes of names. */
export interface NameRules {
  /** `A` and `a` are one file. */
  readonly ignoresCase: boolean;
  /** Windows: some characters and names are taken. */
  readonly isWindows: boolean;
}

export function nameRulesOf(platform: NodeJS.Platform): NameRules {
  return { ignoresCase: platform === 'win32' || platform === 'darwin', isWindows: platform === 'win32' };
}

const WINDOWS_CHARACTERS = /[<>:"|?*\\\u0000-\u001f]/g;
const WINDOWS_NAMES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * A slice at a time, so that nothing stands still however many there are.
 * @param entries below `base`, parents before children
 * @param base path of the folder that is saved, `/` for the whole image
 * @throws CoreError `cancelled`
 */
export async function planTree(
  entries: Iterable<FileEntry>,
  base: string,
  rules: NameRules,
  signal: AbortSignal,
): Promise<TreePlan> {
  const prefix = base === '/' ? '/' : `${base}/`;
  const places = new Map<string, string>([['', '']]);
  const taken = new Set<string>();
  const folders: string[] = [];
  const files: PlannedFile[] = [];
  let skipped = 0;
  let renamed = 0;
  let sizeInBytes = 0;
  const slices = new TimeSlices(signal);
  for (const entry of entries) {
    await slices.breathe();
    const inside = entry.path.slice(prefix.length);
    const slash = inside.lastIndexOf('/');
    const parent = places.get(slash < 0 ? '' : inside.slice(0, slash));
    const isKept = entry.type === 'file' || entry.type === 'directory';
    if (!entry.path.startsWith(prefix) || parent === undefined || !isKept) {
      skipped += 1;
      continue;
    }
    const name = freeName(legalName(entry.name, rules), parent, taken, rules);
    if (name !== entry.name) renamed += 1;
    const path = parent === '' ? name : `${parent}/${name}`;
    taken.add(foldName(path, rules));
    if (entry.type === 'directory') {
      places.set(inside, path);
      folders.push(path);
    } else {
      files.push({ path, file: entry });
      sizeInBytes += entry.sizeInBytes;
    }
  }
  return { folders, files, skipped, renamed, sizeInBytes };
}

/** The name itself where the disk takes it. */
export function legalName(name: string, { isWindows }: NameRules): string {
  if (name === '' || name === '.' || name === '..') return '_';
  const plain = name.replaceAll(/[/\0]/g, '_');
  if (!isWindows) return plain;
  const legal = plain.replaceAll(WINDOWS_CHARACTERS, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return WINDOWS_NAMES.test(legal) ? `_${legal}` : legal;
}

function freeName(name: string, parent: string, taken: ReadonlySet<string>, rules: NameRules): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let free = name;
  for (let i = 2; taken.has(foldName(parent === '' ? free : `${parent}/${free}`, rules)); i += 1) {
    free = `${stem} (${i})${extension}`;
  }
  return free;
}

function foldName(path: string, { ignoresCase }: NameRules): string {
  return ignoresCase ? path.normalize('NFC').toLowerCase() : path;
}
