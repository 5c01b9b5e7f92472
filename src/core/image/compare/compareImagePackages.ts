/**
 * What is installed in two images, out of the package databases among their files. Where layers that both have were not
 * read, a database that only one image writes anew has nothing to be compared with: then the answer is not known.
 */
import { isCoreError } from '../../common/CoreError.ts';
import type { ImageFiles } from '../files/ImageFiles.ts';
import { comparePackages, type PackageChange } from '../packages/comparePackages.ts';
import type { InstalledPackage } from '../packages/InstalledPackage.ts';
import { readInstalledPackages, type PackageFiles } from '../packages/readInstalledPackages.ts';
import type { ComparedFiles, PartialFiles } from './openComparedFiles.ts';

export interface PackageComparison {
  readonly changes: readonly PackageChange[];
  /** Databases in formats that are not read. */
  readonly unreadable: readonly string[];
  /**
   * What the answer was read from. `untouched`: no layer that differs has a package database, so both images have the
   * packages of the layers they share. `none`: neither image has a database.
   */
  readonly basis: 'databases' | 'untouched' | 'none' | 'sbom';
  /** False where layers that were not read could say otherwise. */
  readonly isCertain: boolean;
}

/** Where a package manager keeps what is installed. */
const PLACES = [
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/status.d',
  '/lib/apk/db/installed',
  '/usr/lib/apk/db/installed',
  '/var/lib/rpm',
  '/usr/lib/sysimage/rpm',
  '/usr/share/rpm',
];

/** Undefined where it can only be told by reading the layers that both images share, or by SBOMs. @throws CoreError */
export async function compareImagePackages(
  { before, after }: ComparedFiles,
  signal: AbortSignal,
): Promise<PackageComparison | undefined> {
  const isComplete = before.unread.length + after.unread.length === 0;
  const [mine, theirs] = [placesIn(before), placesIn(after)];
  if (!isComplete && mine.length + theirs.length === 0)
    return { changes: [], unreadable: [], basis: 'untouched', isCertain: true };
  if (!isComplete && mine.join() !== theirs.join()) return undefined;
  const [left, right] = await Promise.all([
    readInstalledPackages(packageFilesOf(before.files), signal),
    readInstalledPackages(packageFilesOf(after.files), signal),
  ]);
  const unreadable = [...new Set([...left.unreadable, ...right.unreadable])];
  const count = left.packages.length + right.packages.length + unreadable.length;
  return {
    changes: comparePackages(left.packages, right.packages),
    unreadable,
    basis: count === 0 ? 'none' : 'databases',
    isCertain: isComplete,
  };
}

/** What SBOMs of both images list. */
export function compareSboms(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): PackageComparison {
  return { changes: comparePackages(before, after), unreadable: [], basis: 'sbom', isCertain: true };
}

function placesIn({ files }: PartialFiles): string[] {
  return PLACES.filter((path) => tryResolve(files, path) !== undefined);
}

/** The files of an image as package managers' readers want them. */
function packageFilesOf(files: ImageFiles): PackageFiles {
  return {
    readFile: async (path, maxBytes, signal) => {
      const file = tryResolve(files, path);
      return file?.type === 'file' ? files.readFile(file, maxBytes, signal) : undefined;
    },
    readFolder: async (path) =>
      tryResolve(files, path)?.type === 'directory' ? files.readDirectory(path).map(({ name }) => name) : [],
  };
}

function tryResolve(files: ImageFiles, path: string) {
  try {
    return files.resolve(path);
  } catch (error) {
    if (isCoreError(error, 'notFound')) return undefined;
    throw error;
  }
}
