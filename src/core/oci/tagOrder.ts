/** The order tags are shown in. Keys are computed once a tag, so that 100,000 tags sort without being felt. */
import { sortInSlices } from '../common/sortInSlices.ts';
import { TimeSlices } from '../common/TimeSlices.ts';

/** Tags whose keys are computed between two chances for others. */
const SLICE = 1_000;

export type TagOrder = 'version' | 'date' | 'name' | 'size';

/** What sorting looks at; TagSummary fits. */
export interface SortableTag {
  readonly name: string;
  readonly details?: { readonly createdAt?: Date; readonly sizeInBytes?: number };
}

/**
 * Sorted copy.
 * - `version`: `latest`, then versions, highest first (a release before its variants such as `-alpine`, those before its
 *   pre-releases, `rc` above `beta`), then everything else by name with the highest numbers first (`build-10`, `build-9`).
 * - `name`: natural, ascending.
 * - `date`, `size`: newest or biggest first; tags whose value is unknown follow, by version.
 */
export function sortTags<T extends SortableTag>(tags: readonly T[], order: TagOrder): T[] {
  return sortKeyed(keyed(tags, order), order);
}

/** `sortTags` of many, with turns for others in between. */
export async function sortManyTags<T extends SortableTag>(tags: readonly T[], order: TagOrder): Promise<T[]> {
  const slices = new TimeSlices();
  const entries: Keyed<T>[] = [];
  for (let start = 0; start < tags.length; start += SLICE) {
    entries.push(...keyed(tags.slice(start, start + SLICE), order));
    await slices.breathe();
  }
  const sorted = await sortInSlices(entries, (a, b) => compareEntries(a, b, order), slices);
  return sorted.map(({ tag }) => tag);
}

/** The first `count` of `sortTags`, without sorting the many that are not shown. */
export function firstTags<T extends SortableTag>(tags: readonly T[], order: TagOrder, count: number): T[] {
  const all = keyed(tags, order);
  return sortKeyed(order === 'version' ? dropLowVersions(all, count) : all, order).slice(0, count);
}

interface Keyed<T> {
  readonly tag: T;
  readonly key: TagKey;
  readonly value: number;
}

function keyed<T extends SortableTag>(tags: readonly T[], order: TagOrder): Keyed<T>[] {
  return tags.map((tag) => ({ tag, key: keyOf(tag.name, order), value: valueOf(tag, order) }));
}

function sortKeyed<T>(entries: Keyed<T>[], order: TagOrder): T[] {
  return entries.sort((a, b) => compareEntries(a, b, order)).map(({ tag }) => tag);
}

function compareEntries<T>(a: Keyed<T>, b: Keyed<T>, order: TagOrder): number {
  return b.value - a.value || compareKeys(a.key, b.key, order);
}

/** Drops plain versions that have `count` higher ones before them: numbers sort much faster than keys. */
function dropLowVersions<T>(entries: Keyed<T>[], count: number): Keyed<T>[] {
  if (entries.length <= count) return entries;
  const ranks = new Float64Array(entries.length);
  let ranked = 0;
  for (const { key } of entries) if (key.rank !== undefined) ranks[ranked++] = key.rank;
  if (ranked <= count) return entries;
  const lowestShown = ranks.subarray(0, ranked).sort()[ranked - count]!;
  return entries.filter(({ key }) => key.rank === undefined || key.rank >= lowestShown);
}

const Group = { latest: 0, version: 1, other: 2 } as const;
/** Within one version: the release itself, its variants, its pre-releases. */
const Stage = { release: 0, variant: 1, preRelease: 2 } as const;

/** BigInt only where a double would round. */
type Num = number | bigint;

interface TagKey {
  readonly tag: string;
  readonly group: number;
  /** 1.2.3 is [1, 2, 3]. Empty for other tags. */
  readonly version: readonly Num[];
  readonly stage: number;
  /** Numbers and words after the version, or of the whole tag. */
  readonly parts: readonly (Num | string)[];
  /** Plain versions of up to three parts as one number, the higher the later. */
  readonly rank?: number;
}

// A letter may follow directly only a dotted version: 3.12rc1 is one, 7f3a2b1 is a commit.
const VERSION = /^[vV]?(\d+(?:\.\d+)*)(?=$|[-_+.]|(?<=\.\d+)[A-Za-z])/;
const [ZERO, DOT, LOWER_V] = [48, 46, 118];
/** Three parts below it fit exactly into one double. */
const PART_LIMIT = 65_536;
const PRE_RELEASE =
  /(?:^|[-_.+\d])(?:alpha|beta|rc|pre|preview|dev|snapshot|nightly|canary|next|test|ea|cr|[abm](?=\d))(?:$|[-_.+\d])/i;

function keyOf(tag: string, order: TagOrder): TagKey {
  if (order === 'name')
    return { tag, group: Group.other, version: [], stage: Stage.release, parts: partsOf(tag) };
  if (tag === 'latest') return { tag, group: Group.latest, version: [], stage: Stage.release, parts: [] };
  const plain = plainVersionOf(tag);
  if (plain) return plain;
  const match = VERSION.exec(tag);
  if (match === null)
    return { tag, group: Group.other, version: [], stage: Stage.release, parts: partsOf(tag) };
  const rest = tag.slice(match[0].length);
  const version = match[1]!.split('.').map(toNum);
  return { tag, group: Group.version, version, stage: stageOf(rest), parts: partsOf(rest) };
}

/**
 * The key of `1.2.3` or `v1.2.3`, what most tags are, without a regular expression; undefined for all else. Its rank
 * orders it among its like by one number.
 */
function plainVersionOf(tag: string): TagKey | undefined {
  let at = tag.charCodeAt(0) === LOWER_V ? 1 : 0;
  const version: number[] = [];
  for (; version.length < 3; at++) {
    const start = at;
    let part = 0;
    for (let digit = tag.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = tag.charCodeAt(at) - ZERO) {
      part = part * 10 + digit;
      at++;
    }
    if (at === start || part >= PART_LIMIT) return undefined;
    version.push(part);
    if (at === tag.length) {
      const [major = 0, minor = 0, patch = 0] = version;
      const rank = (major * PART_LIMIT + minor) * PART_LIMIT + patch;
      return { tag, group: Group.version, version, stage: Stage.release, parts: [], rank };
    }
    if (tag.charCodeAt(at) !== DOT) return undefined;
  }
  return undefined;
}

function stageOf(rest: string): number {
  if (rest === '') return Stage.release;
  return isPreReleaseSuffix(rest) ? Stage.preRelease : Stage.variant;
}

/** Whether what follows a version (`-rc.1`, `-alpine`) makes it a pre-release, and not a variant. */
export function isPreReleaseSuffix(suffix: string): boolean {
  return PRE_RELEASE.test(suffix);
}

function partsOf(text: string): (Num | string)[] {
  return (text.match(/\d+|[A-Za-z]+/g) ?? []).map((part) =>
    /^\d/.test(part) ? toNum(part) : part.toLowerCase(),
  );
}

function toNum(digits: string): Num {
  return digits.length <= 15 ? Number(digits) : BigInt(digits);
}

function valueOf({ details }: SortableTag, order: TagOrder): number {
  if (order === 'date') return details?.createdAt?.getTime() ?? -Number.MAX_VALUE;
  if (order === 'size') return details?.sizeInBytes ?? -1;
  return 0;
}

function compareKeys(a: TagKey, b: TagKey, order: TagOrder): number {
  // Nearly every pair of a long list ends here.
  if (a.rank !== undefined && b.rank !== undefined && a.rank !== b.rank) return b.rank - a.rank;
  return (
    a.group - b.group ||
    compareVersions(b.version, a.version) ||
    a.stage - b.stage ||
    compareParts(a.parts, b.parts, order === 'name' ? 1 : -1, a.stage === Stage.preRelease ? -1 : 1) ||
    compare(a.tag, b.tag)
  );
}

/** 1.10 and 1.10.0 are the same version. */
function compareVersions(a: readonly Num[], b: readonly Num[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = compare(a[i] ?? 0, b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Numbers and words each in the wanted direction, numbers before words, the shorter first. */
function compareParts(
  a: readonly (Num | string)[],
  b: readonly (Num | string)[],
  numberDirection: number,
  wordDirection: number,
): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i]!;
    const right = b[i]!;
    const isWord = typeof left === 'string';
    if (isWord !== (typeof right === 'string')) return isWord ? 1 : -1;
    const difference = compare(left, right);
    if (difference !== 0) return difference * (isWord ? wordDirection : numberDirection);
  }
  return a.length - b.length;
}

function compare(a: Num | string, b: Num | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
