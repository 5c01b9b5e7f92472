/** Which of two versions of a package is newer, as its manager orders them. */
import type { PackageManager } from './InstalledPackage.ts';

/** Negative: `a` is older; 0: equal to the manager, however it is written; undefined: nobody can say. */
export function comparePackageVersions(manager: PackageManager, a: string, b: string): number | undefined {
  switch (manager) {
    case 'dpkg':
      return compareDpkg(a, b);
    case 'rpm':
      return compareRpm(a, b);
    case 'apk':
      return compareApk(a, b);
    case 'sbom':
      return a === b ? 0 : undefined;
  }
}

/** `[epoch:]upstream[-revision]`. Source: deb-version(7). */
function compareDpkg(a: string, b: string): number {
  const [left, right] = [splitEpoch(a), splitEpoch(b)];
  return (
    left.epoch - right.epoch ||
    compareDebianPart(left.upstream, right.upstream) ||
    compareDebianPart(left.revision, right.revision)
  );
}

/** Runs of other characters and of digits in turn; `~` sorts before the end, letters before the rest. */
function compareDebianPart(a: string, b: string): number {
  const order = (character: string | undefined): number => {
    if (character === undefined || /\d/.test(character)) return 0;
    if (character === '~') return -1;
    return /[a-z]/i.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const difference = order(a[i]) - order(b[j]);
      if (difference !== 0) return difference;
      i += 1;
      j += 1;
    }
    const [left, right] = [digitsAt(a, i), digitsAt(b, j)];
    const difference = compareNumbers(left, right);
    if (difference !== 0) return difference;
    i += left.length;
    j += right.length;
  }
  return 0;
}

/** `[epoch:]version[-release]`, each part by rpmvercmp. Source: rpm-version(7). */
function compareRpm(a: string, b: string): number {
  const [left, right] = [splitEpoch(a), splitEpoch(b)];
  return (
    left.epoch - right.epoch ||
    compareRpmPart(left.upstream, right.upstream) ||
    compareRpmPart(left.revision, right.revision)
  );
}

/** Segments of digits or letters, separators ignored; `~` sorts before the end, `^` after it, digits after letters. */
function compareRpmPart(a: string, b: string): number {
  const [left, right] = [rpmSegments(a), rpmSegments(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index], right[index]];
    if (one === other) continue;
    if (one === '~' || other === '~') return one === '~' ? -1 : 1;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    // `^` against anything that goes on: the one that goes on is the newer.
    if (one === '^' || other === '^') return one === '^' ? -1 : 1;
    const [oneIsNumber, otherIsNumber] = [isDigit(one[0]), isDigit(other[0])];
    if (oneIsNumber !== otherIsNumber) return oneIsNumber ? 1 : -1;
    const difference = oneIsNumber ? compareNumbers(one, other) : compareText(one, other);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rpmSegments(text: string): string[] {
  return text.match(/\d+|[a-z]+|[~^]/gi) ?? [];
}

const APK_SUFFIXES = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];

const NO_SUFFIX = { name: '', number: '' };

/** `1.2.3b_rc1-r4`: numbers, a letter, suffixes, a revision. Source: apk-tools, version.c; Alpine wiki "Package version". */
function compareApk(a: string, b: string): number {
  const [left, right] = [splitApk(a), splitApk(b)];
  for (let index = 0; index < Math.max(left.numbers.length, right.numbers.length); index += 1) {
    const [one, other] = [left.numbers[index], right.numbers[index]];
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    // Behind a leading zero the digits are a fraction: 1.01 is older than 1.1.
    const isFraction = index > 0 && (one.startsWith('0') || other.startsWith('0'));
    const difference = isFraction ? compareText(one, other) : compareNumbers(one, other);
    if (difference !== 0) return difference;
  }
  const byLetter = compareText(left.letter, right.letter);
  if (byLetter !== 0) return byLetter;
  for (let index = 0; index < Math.max(left.suffixes.length, right.suffixes.length); index += 1) {
    const [one, other] = [left.suffixes[index] ?? NO_SUFFIX, right.suffixes[index] ?? NO_SUFFIX];
    const difference =
      APK_SUFFIXES.indexOf(one.name) - APK_SUFFIXES.indexOf(other.name) ||
      compareNumbers(one.number, other.number);
    if (difference !== 0) return difference;
  }
  return compareNumbers(left.revision, right.revision);
}

function splitApk(version: string) {
  const [, numbers = '', letter = '', rest = ''] = /^([\d.]*)([a-z]?)(.*)$/.exec(version) ?? [];
  const suffixes = [...rest.matchAll(/_([a-z]+)(\d*)/g)].map(([, name = '', number = '']) => ({
    name,
    number,
  }));
  return {
    numbers: numbers.split('.'),
    letter,
    suffixes,
    revision: /-r(\d+)$/.exec(rest)?.[1] ?? '',
  };
}

function splitEpoch(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Numbers of any length, leading zeros ignored; '' is zero. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function digitsAt(text: string, at: number): string {
  let end = at;
  while (isDigit(text[end])) end += 1;
  return text.slice(at, end);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
