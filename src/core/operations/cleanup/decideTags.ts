/** What the rules say of each tag, by what is known of it: no I/O, the clock given from above. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Digest } from '../../oci/digest.ts';
import { parseTagPattern } from '../../oci/tagPattern.ts';
import { tryParseVersionTag } from '../../oci/versionTag.ts';
import type { VersionTag } from '../../oci/versionTag.ts';
import { compileRule } from './CleanUpRules.ts';
import type { CleanUpRule, CleanUpRuleSet, CompiledRule } from './CleanUpRules.ts';

/** What a rule can ask of a tag. What is undefined is not known. */
export interface CleanUpTag {
  readonly name: string;
  readonly digest?: Digest;
  readonly createdAt?: Date;
  /** `never`: the registry counts pulls and there was none. */
  readonly lastPulledAt?: Date | 'never';
  /** The registry does not let it be deleted: immutable, locked. */
  readonly isLocked?: boolean;
  readonly isSigned?: boolean;
}

export interface CleanUpFacts {
  readonly now: Date;
  /** Tag or digest → the file of the workspace that names it. */
  readonly usedTags: ReadonlyMap<string, string>;
}

/** Why a tag goes or stays. */
export type CleanUpReason =
  | { readonly kind: 'rule'; readonly rule: CleanUpRule }
  | { readonly kind: 'noRule' }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'used'; readonly file: string }
  | { readonly kind: 'locked' | 'signed' | 'signatureUnknown' | 'unknown' }
  /** An index that stays lists it. */
  | { readonly kind: 'platformOf'; readonly holder: string }
  /** Something that stays refers to it. */
  | { readonly kind: 'subjectOf'; readonly holder: string }
  /** A signature or another attachment: does as its image does; `subjectUnknown` where no tag leads to that. */
  | { readonly kind: 'attachment'; readonly subject: string }
  | { readonly kind: 'subjectUnknown' }
  /** Only whole images can be deleted here, and another tag of this one stays. */
  | { readonly kind: 'siblingStays'; readonly sibling: string };

export interface CleanUpDecision {
  readonly action: 'keep' | 'delete';
  readonly reason: CleanUpReason;
}

const DAY_MS = 24 * 3600 * 1000;
const SLICE = 200;
const NO_RULE: CleanUpDecision = { action: 'keep', reason: { kind: 'noRule' } };

/**
 * Tag → decision, in the order of `tags`.
 * @param tags without attachments; where times are equal the earlier ones count as newer.
 */
export async function decideTags(
  tags: readonly CleanUpTag[],
  ruleSet: CleanUpRuleSet,
  facts: CleanUpFacts,
): Promise<Map<string, CleanUpDecision>> {
  const versions = await parseVersions(tags, ruleSet);
  const rules: RuleOverTags[] = [];
  for (const rule of ruleSet.delete) {
    if (rule.untagged === true) continue;
    rules.push(await new RuleOverTags(compileRule(rule), versions, facts.now).over(tags));
  }
  const patterns = (ruleSet.protect ?? []).map((pattern) => ({ pattern, fits: parseTagPattern(pattern) }));
  const decisions = new Map<string, CleanUpDecision>();
  for (const tag of tags) {
    if (decisions.size % SLICE === SLICE - 1) await nextTurn();
    const fitting = rules.find((rule) => rule.fits(tag));
    if (!fitting) {
      decisions.set(tag.name, NO_RULE);
      continue;
    }
    const protection = protectionOf(tag);
    decisions.set(
      tag.name,
      protection
        ? { action: 'keep', reason: protection }
        : { action: 'delete', reason: { kind: 'rule', rule: fitting.rule } },
    );
  }
  return decisions;

  function protectionOf(tag: CleanUpTag): CleanUpReason | undefined {
    const match = patterns.find(({ fits }) => fits(tag.name));
    if (match) return { kind: 'pattern', pattern: match.pattern };
    if (tag.isLocked) return { kind: 'locked' };
    const file =
      (ruleSet.protectUsed ?? true)
        ? (facts.usedTags.get(tag.name) ?? facts.usedTags.get(tag.digest ?? ''))
        : undefined;
    if (file !== undefined) return { kind: 'used', file };
    if ((ruleSet.protectSigned ?? true) && tag.isSigned) return { kind: 'signed' };
    return tag.digest === undefined ? { kind: 'unknown' } : undefined;
  }
}

/** Whether a manifest without a tag goes by the rules for such. */
export function decideUntagged(
  manifest: Pick<CleanUpTag, 'createdAt' | 'lastPulledAt'>,
  ruleSet: CleanUpRuleSet,
  now: Date,
): CleanUpDecision {
  const rule = ruleSet.delete.find((each) => each.untagged === true && isOldEnough(manifest, each, now));
  return rule ? { action: 'delete', reason: { kind: 'rule', rule } } : NO_RULE;
}

/** Each tag that is a version, read once; empty where no rule asks. */
async function parseVersions(
  tags: readonly CleanUpTag[],
  { delete: rules }: CleanUpRuleSet,
): Promise<Map<string, VersionTag>> {
  const versions = new Map<string, VersionTag>();
  const isAsked = rules.some((rule) => (rule.versions ?? rule.preReleases ?? rule.keepPatches) !== undefined);
  for (const [index, { name }] of isAsked ? tags.entries() : []) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const version = tryParseVersionTag(name);
    if (version) versions.set(name, version);
  }
  return versions;
}

/** One rule with what it has to know of all tags together: which are among the newest, which patches are the highest. */
class RuleOverTags {
  readonly rule: CleanUpRule;
  readonly #compiled: CompiledRule;
  readonly #versions: ReadonlyMap<string, VersionTag>;
  readonly #now: Date;
  #stays: ReadonlySet<string> = new Set();

  constructor(compiled: CompiledRule, versions: ReadonlyMap<string, VersionTag>, now: Date) {
    this.rule = compiled.rule;
    this.#compiled = compiled;
    this.#versions = versions;
    this.#now = now;
  }

  async over(tags: readonly CleanUpTag[]): Promise<this> {
    const { keepNewest, keepPatches } = this.rule;
    if (keepNewest === undefined && keepPatches === undefined) return this;
    const selected: CleanUpTag[] = [];
    for (const [index, tag] of tags.entries()) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      if (this.#selects(tag)) selected.push(tag);
    }
    await nextTurn();
    this.#stays = new Set([
      ...(keepNewest === undefined ? [] : newestTags(selected, keepNewest)),
      ...(keepPatches === undefined ? [] : highestPatches(selected, keepPatches, this.#versions)),
    ]);
    return this;
  }

  fits(tag: CleanUpTag): boolean {
    return this.#selects(tag) && !this.#stays.has(tag.name) && isOldEnough(tag, this.rule, this.#now);
  }

  #selects({ name }: CleanUpTag): boolean {
    const { fitsTag, range } = this.#compiled;
    if (!fitsTag(name)) return false;
    if (range === undefined && this.rule.preReleases === undefined && this.rule.keepPatches === undefined) {
      return true;
    }
    const version = this.#versions.get(name);
    if (!version) return false;
    if (this.rule.preReleases !== undefined && version.isPreRelease !== this.rule.preReleases) return false;
    return range === undefined || range.test(version.version);
  }
}

function isOldEnough(
  { createdAt, lastPulledAt }: Pick<CleanUpTag, 'createdAt' | 'lastPulledAt'>,
  { olderThanDays, notPulledForDays }: CleanUpRule,
  now: Date,
): boolean {
  const isOlder = (time: Date | undefined, limit: number) =>
    time !== undefined && now.getTime() - time.getTime() > limit * DAY_MS;
  if (olderThanDays !== undefined && !isOlder(createdAt, olderThanDays)) return false;
  if (notPulledForDays === undefined) return true;
  if (lastPulledAt === undefined) return false;
  return isOlder(lastPulledAt === 'never' ? createdAt : lastPulledAt, notPulledForDays);
}

/** Every tag of the newest `count` images, and those whose age nobody knows. */
function newestTags(tags: readonly CleanUpTag[], count: number): string[] {
  const images = new Map<string, { time: number; names: string[] }>();
  const stays: string[] = [];
  for (const { name, digest, createdAt } of tags) {
    if (createdAt === undefined) {
      stays.push(name);
      continue;
    }
    const image = images.get(digest ?? name) ?? { time: 0, names: [] };
    images.set(digest ?? name, image);
    image.time = Math.max(image.time, createdAt.getTime());
    image.names.push(name);
  }
  const byAge = [...images.values()].sort((a, b) => b.time - a.time);
  return [...stays, ...byAge.slice(0, count).flatMap(({ names }) => names)];
}

function highestPatches(
  tags: readonly CleanUpTag[],
  count: number,
  versions: ReadonlyMap<string, VersionTag>,
): string[] {
  const minors = new Map<string, { name: string; version: VersionTag }[]>();
  for (const { name } of tags) {
    const version = versions.get(name);
    if (!version) continue;
    const { major, minor } = version.version;
    const key = `${major}.${minor}-${version.variant}`;
    const line = minors.get(key);
    if (line) line.push({ name, version });
    else minors.set(key, [{ name, version }]);
  }
  return [...minors.values()].flatMap((line) => {
    // Numbers first: nearly every pair ends there, and thousands of builds of one minor version sort unfelt.
    line.sort(
      (a, b) =>
        b.version.version.patch - a.version.version.patch || b.version.version.compare(a.version.version),
    );
    // `1.2.3` and `v1.2.3` are one version.
    const kept = new Set([...new Set(line.map(({ version }) => version.version.version))].slice(0, count));
    return line.filter(({ version }) => kept.has(version.version.version)).map(({ name }) => name);
  });
}
