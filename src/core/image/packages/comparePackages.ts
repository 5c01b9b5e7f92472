/** Packages of two images side by side: what came, what went, what has another version. */
import type { InstalledPackage, PackageManager } from './InstalledPackage.ts';
import { comparePackageVersions } from './packageVersions.ts';

export interface PackageChange {
  readonly kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'changed';
  readonly manager: PackageManager;
  readonly name: string;
  readonly architecture?: string;
  /** In the first image; several versions (kernels, multi-arch) in order, joined by a comma. */
  readonly from?: string;
  /** In the second image. */
  readonly to?: string;
  /** Installed bytes, second less first, where both are known. */
  readonly sizeChangeInBytes?: number;
}

/** In the order of names. Packages that are the same in both are left out. */
export function comparePackages(
  first: readonly InstalledPackage[],
  second: readonly InstalledPackage[],
): PackageChange[] {
  const [before, after] = [byIdentity(first), byIdentity(second)];
  const changes: PackageChange[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const change = compareOne(before.get(key) ?? [], after.get(key) ?? []);
    if (change) changes.push(change);
  }
  return changes.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

function compareOne(
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): PackageChange | undefined {
  const [from, to] = [versionsOf(before), versionsOf(after)];
  if (from === to) return undefined;
  const { manager, name, architecture } = (after[0] ?? before[0])!;
  const size = sizeOf(after);
  const sizeBefore = sizeOf(before);
  return {
    kind: kindOf(manager, before, after),
    manager,
    name,
    ...(architecture !== undefined && { architecture }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(size !== undefined && sizeBefore !== undefined && { sizeChangeInBytes: size - sizeBefore }),
  };
}

function kindOf(
  manager: PackageManager,
  before: readonly InstalledPackage[],
  after: readonly InstalledPackage[],
): PackageChange['kind'] {
  if (before.length === 0) return 'added';
  if (after.length === 0) return 'removed';
  if (before.length > 1 || after.length > 1) return 'changed';
  const order = comparePackageVersions(manager, before[0]!.version, after[0]!.version);
  if (order === undefined || order === 0) return 'changed';
  return order < 0 ? 'upgraded' : 'downgraded';
}

function byIdentity(packages: readonly InstalledPackage[]): Map<string, InstalledPackage[]> {
  const groups = new Map<string, InstalledPackage[]>();
  for (const each of packages) {
    const key = [each.manager, each.name, each.architecture ?? ''].join('\n');
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups;
}

function versionsOf(packages: readonly InstalledPackage[]): string | undefined {
  if (packages.length === 0) return undefined;
  return packages
    .map(({ version }) => version)
    .sort()
    .join(', ');
}

/** 0 for a package that is not there. */
function sizeOf(packages: readonly InstalledPackage[]): number | undefined {
  let sum = 0;
  for (const { installedSizeInBytes } of packages) {
    if (installedSizeInBytes === undefined) return undefined;
    sum += installedSizeInBytes;
  }
  return sum;
}
