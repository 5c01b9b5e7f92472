/**
 * Named paths that images take, such as dev → staging → prod: which repository and tag each stage means. Read from
 * settings, so parsed with care; patterns hold `{name}` (part of a repository's name) and `{tag}`.
 */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';

export interface Stage {
  readonly name: string;
  /** `host/path`, no tag; may hold `{name}`. */
  readonly repository: string;
  /** `{tag}` unless told otherwise. */
  readonly tag: string;
}

export interface Promotion {
  readonly name: string;
  readonly stages: readonly Stage[];
}

/** Where an image stands on a path. */
export interface StageMatch {
  readonly promotion: Promotion;
  /** Of `promotion.stages`. */
  readonly at: number;
  /** What `{name}` and `{tag}` stood for. */
  readonly values: StageValues;
}

export interface StageValues {
  readonly name: string;
  readonly tag: string;
}

const PLACEHOLDER = /\{(\w+)\}/g;
const REPOSITORY = /^[A-Za-z0-9.-]+(?::\d+)?(?:\/[a-z0-9{}._-]+)+$/;
const TAG = /^[A-Za-z0-9_{}][A-Za-z0-9_.{}-]{0,127}$/;

const holdsOnly = (...known: readonly string[]) =>
  v.check((text: string) => [...text.matchAll(PLACEHOLDER)].every(([, name]) => known.includes(name!)));

const promotionSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.nonEmpty()),
  stages: v.pipe(
    v.array(
      v.object({
        name: v.pipe(v.string(), v.trim(), v.nonEmpty()),
        repository: v.pipe(v.string(), v.trim(), v.regex(REPOSITORY), holdsOnly('name')),
        tag: v.optional(v.pipe(v.string(), v.trim(), v.regex(TAG), holdsOnly('name', 'tag')), '{tag}'),
      }),
    ),
    v.minLength(2),
  ),
});

/**
 * The value of the setting.
 * @throws CoreError `invalidInput` with reason `promotion`; `subject` names the place: `1.stages.0.repository`.
 */
export function parsePromotions(value: unknown): Promotion[] {
  const result = v.safeParse(v.optional(v.array(promotionSchema), []), value);
  if (result.success) return result.output;
  throw new CoreError('invalidInput', 'the promotions in the settings are not valid', {
    reason: 'promotion',
    subject: v.getDotPath(result.issues[0]) ?? 'promotions',
  });
}

/** Every path an image is on, at its stage; of several stages in one path the one whose pattern says most. */
export function findStages(promotions: readonly Promotion[], repository: string, tag: string): StageMatch[] {
  return promotions.flatMap((promotion) => {
    const matches = promotion.stages.flatMap((stage, at) => {
      const values = matchStage(stage, repository, tag);
      return values ? [{ promotion, at, values, literal: literalLength(stage) }] : [];
    });
    const best = matches.reduce<(typeof matches)[number] | undefined>(
      (chosen, match) => (chosen && chosen.literal > match.literal ? chosen : match),
      undefined,
    );
    return best ? [{ promotion: best.promotion, at: best.at, values: best.values }] : [];
  });
}

/** What a stage means for an image: `host/path` and tag. */
export function targetOfStage(
  stage: Stage,
  values: StageValues,
): { readonly repository: string; readonly tag: string } {
  const fill = (pattern: string): string =>
    pattern.replace(PLACEHOLDER, (whole, name: string) =>
      name === 'name' || name === 'tag' ? values[name] : whole,
    );
  return { repository: fill(stage.repository), tag: fill(stage.tag) };
}

function matchStage(stage: Stage, repository: string, tag: string): StageValues | undefined {
  const ofRepository = match(stage.repository, repository);
  const ofTag = match(stage.tag, tag);
  if (!ofRepository || !ofTag) return undefined;
  const lastPart = repository.slice(repository.lastIndexOf('/') + 1);
  // A stage with a fixed tag says nothing of a version: the tag itself is the best there is.
  return { name: ofRepository['name'] ?? ofTag['name'] ?? lastPart, tag: ofTag['tag'] ?? tag };
}

/** What the placeholders stand for; each the same wherever it occurs. */
function match(pattern: string, text: string): Readonly<Record<string, string>> | undefined {
  const seen = new Set<string>();
  const source = pattern
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>.+)`;
    })
    .join('');
  const found = new RegExp(`^${source}$`).exec(text);
  return found ? { ...found.groups } : undefined;
}

function literalLength({ repository, tag }: Stage): number {
  return `${repository}${tag}`.replace(PLACEHOLDER, '').length;
}
