/**
 * Rules for cleaning up a repository, as they stand in `berth.cleanUp.rules`, checked once at the edge.
 *
 * Order of decision, for each tag: (1) what is protected stays; (2) the first rule that fits deletes; (3) what no rule
 * fits stays. A rule fits where everything it says is true of the tag; what the registry does not tell is never true.
 */
import Range from 'semver/classes/range.js';
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { parseTagPattern } from '../../oci/tagPattern.ts';
import type { TagTest } from '../../oci/tagPattern.ts';

const days = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));

const ruleSchema = v.strictObject({
  /** A glob over the whole tag, or `/regular expression/`. Absent: every tag. */
  tags: v.exactOptional(v.string()),
  /** npm's ranges: `<2.0.0`. Fits version tags only; a variant (`1.2.3-alpine`) counts as its release. */
  versions: v.exactOptional(v.string()),
  /** True: only pre-releases. False: only releases. Both fit version tags only. */
  preReleases: v.exactOptional(v.boolean()),
  /** Created, or where only that is known pushed, longer ago. */
  olderThanDays: v.exactOptional(days),
  /** Pulled longer ago; where it was never pulled, created longer ago. Fits nothing where the registry does not say. */
  notPulledForDays: v.exactOptional(days),
  /** Of what the lines above fit, the newest images stay, with all their tags. */
  keepNewest: v.exactOptional(count),
  /** Of the versions that the lines above fit, the highest patches of each minor version (and variant) stay. */
  keepPatches: v.exactOptional(count),
  /** Manifests without a tag, where the registry can list them, instead of tags; only ages apply. */
  untagged: v.exactOptional(v.literal(true)),
});

const ruleSetSchema = v.strictObject({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  /** A glob over repositories it is meant for; absent: all. */
  repositories: v.exactOptional(v.string()),
  delete: v.pipe(v.array(ruleSchema), v.minLength(1), v.maxLength(50)),
  /** Patterns of tags that always stay. */
  protect: v.exactOptional(v.pipe(v.array(v.string()), v.maxLength(100))),
  /** Signed images stay. Default: true. */
  protectSigned: v.exactOptional(v.boolean()),
  /** Tags that files of the workspace name stay. Default: true. */
  protectUsed: v.exactOptional(v.boolean()),
});

export type CleanUpRule = Readonly<v.InferOutput<typeof ruleSchema>>;
export type CleanUpRuleSet = Readonly<v.InferOutput<typeof ruleSetSchema>>;

/** A rule with its patterns ready to be asked. */
export interface CompiledRule {
  readonly rule: CleanUpRule;
  readonly fitsTag: TagTest;
  readonly range?: Range;
}

/** @throws CoreError `invalidInput`, reason `cleanUpRules`, `tagPattern` or `versionRange`; `subject` says where. */
export function parseCleanUpRuleSet(value: unknown): CleanUpRuleSet {
  const parsed = v.safeParse(ruleSetSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue) ?? '';
    throw new CoreError('invalidInput', `not a set of clean-up rules: ${issue.message}`, {
      reason: 'cleanUpRules',
      subject: toDisplayLine(path, 200),
    });
  }
  const ruleSet = parsed.output;
  for (const rule of ruleSet.delete) compileRule(rule);
  for (const pattern of ruleSet.protect ?? []) parseTagPattern(pattern);
  return ruleSet;
}

/** @throws CoreError as parseCleanUpRuleSet. */
export function compileRule(rule: CleanUpRule): CompiledRule {
  const { untagged, ...said } = rule;
  const selects = Object.keys(untagged ? rule : said).length > 0;
  // An empty rule would be a slip that deletes everything.
  if (!selects)
    throw new CoreError('invalidInput', 'an empty rule', { reason: 'cleanUpRules', subject: 'delete' });
  return {
    rule,
    fitsTag: parseTagPattern(rule.tags ?? '*'),
    ...(rule.versions !== undefined && { range: parseVersionRange(rule.versions) }),
  };
}

/** @throws CoreError `invalidInput`, reason `versionRange`. */
export function parseVersionRange(text: string): Range {
  try {
    if (text.length > 200) throw new RangeError('too long');
    return new Range(text, { loose: true, includePrerelease: true });
  } catch (error) {
    const subject = toDisplayLine(text, 200);
    throw new CoreError(
      'invalidInput',
      'not a range of versions',
      { reason: 'versionRange', subject },
      error,
    );
  }
}
