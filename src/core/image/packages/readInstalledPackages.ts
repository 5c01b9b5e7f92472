/** What package managers have installed in an image, from its files. */
import type { InstalledPackage } from './InstalledPackage.ts';
import { parseApkInstalled } from './parseApkInstalled.ts';
import { parseDpkgStatus } from './parseDpkgStatus.ts';
import { readRpmDatabase } from './readRpmDatabase.ts';

/** What is needed of an image's files. Paths are absolute in the image; links are followed inside it. */
export interface PackageFiles {
  /** Undefined where there is no such file. @throws CoreError `tooLarge` over `maxBytes`. */
  readFile(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Names in a folder; empty where there is none. */
  readFolder(path: string, signal: AbortSignal): Promise<readonly string[]>;
}

export interface InstalledPackages {
  readonly packages: readonly InstalledPackage[];
  /** Paths of databases that are there but in a format that is not read (rpm's Berkeley DB and NDB). */
  readonly unreadable: readonly string[];
}

const DPKG_STATUS = '/var/lib/dpkg/status';
const DPKG_STATUS_FOLDER = '/var/lib/dpkg/status.d';
const APK_INSTALLED = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];
const RPM_FOLDERS = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'];
/** The largest seen (a full desktop) are under 200 MB. */
const MAX_DATABASE_BYTES = 256 * 1024 * 1024;

/** @throws CoreError as `files` does, or `protocol` for a damaged rpm database. */
export async function readInstalledPackages(
  files: PackageFiles,
  signal: AbortSignal,
): Promise<InstalledPackages> {
  const read = (path: string): Promise<Uint8Array | undefined> =>
    files.readFile(path, MAX_DATABASE_BYTES, signal);
  const readText = async (path: string): Promise<string> => new TextDecoder().decode(await read(path));
  const packages: InstalledPackage[] = parseDpkgStatus(await readText(DPKG_STATUS));
  for (const name of await files.readFolder(DPKG_STATUS_FOLDER, signal)) {
    if (!name.endsWith('.md5sums'))
      packages.push(...parseDpkgStatus(await readText(`${DPKG_STATUS_FOLDER}/${name}`)));
  }
  for (const path of APK_INSTALLED) packages.push(...parseApkInstalled(await readText(path)));
  const unreadable: string[] = [];
  for (const folder of RPM_FOLDERS) {
    const names = await files.readFolder(folder, signal);
    const database = names.includes('rpmdb.sqlite') ? await read(`${folder}/rpmdb.sqlite`) : undefined;
    if (database) packages.push(...(await readRpmDatabase(database)));
    else unreadable.push(...names.filter(isOldRpmDatabase).map((name) => `${folder}/${name}`));
  }
  return { packages: unique(packages), unreadable };
}

function isOldRpmDatabase(name: string): boolean {
  return name === 'Packages' || name === 'Packages.db';
}

/** `/lib` is often a link to `/usr/lib`: the same database by two paths. */
function unique(packages: readonly InstalledPackage[]): InstalledPackage[] {
  const key = ({ manager, name, version, architecture = '' }: InstalledPackage): string =>
    [manager, name, version, architecture].join('\n');
  return [...new Map(packages.map((each) => [key(each), each])).values()];
}
