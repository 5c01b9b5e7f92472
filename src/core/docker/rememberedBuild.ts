/** The answers of a build kept for the next one: as text, without secrets, with tags that follow git. */
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import { DEFAULT_TAG, familiarReference, parseReference, tryParseReference } from '../oci/reference.ts';
import { suggestTags } from '../oci/suggestTags.ts';
import type { BuildFacts } from '../oci/suggestTags.ts';
import { isSecretName } from './describeCommandLine.ts';

/** What a person chooses for one Dockerfile. */
export interface BuildChoices {
  /** Absolute path of the context folder. */
  readonly context: string;
  /** Undefined: the last stage. */
  readonly target?: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Empty: the engine's own. */
  readonly platforms: readonly string[];
  /** References with tags. */
  readonly tags: readonly string[];
  /** Undefined: the current one. */
  readonly builder?: string | undefined;
  readonly output: 'load' | 'push';
  readonly noCache: boolean;
  readonly pull: boolean;
}

const text = v.pipe(v.string(), v.nonEmpty());
const Remembered = v.object({
  context: text,
  target: v.optional(text),
  buildArgs: v.record(v.string(), v.string()),
  platforms: v.array(text),
  /** A reference without a tag gets the one git describes at that time. */
  tags: v.array(text),
  builder: v.optional(text),
  output: v.picklist(['load', 'push']),
  noCache: v.boolean(),
  pull: v.boolean(),
});

/** Values of arguments whose name tells of a secret are left out; `facts` are those of the build itself. */
export function rememberBuild(choices: BuildChoices, facts: BuildFacts): string {
  const described = facts.gitDescribe === undefined ? undefined : suggestTags(facts)[0];
  const tags = choices.tags.map((tag) => {
    const { host, repository, tag: name } = parseReference(tag);
    return name !== undefined && name === described ? familiarReference({ host, repository }) : tag;
  });
  const buildArgs = Object.fromEntries(
    Object.entries(choices.buildArgs).filter(([name]) => !isSecretName(name)),
  );
  return JSON.stringify({ ...choices, tags, buildArgs });
}

/** Undefined for what rememberBuild did not write; `facts` are those of now. */
export function recallBuild(remembered: string | undefined, facts: BuildFacts): BuildChoices | undefined {
  if (remembered === undefined) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Remembered), remembered);
  if (!parsed.success) return undefined;
  const tag = suggestTags(facts)[0] ?? DEFAULT_TAG;
  const tags = parsed.output.tags.flatMap((each) => {
    const reference = tryParseReference(each);
    return reference
      ? [familiarReference(reference.tag === undefined ? { ...reference, tag } : reference)]
      : [];
  });
  return { ...parsed.output, tags };
}

/**
 * References typed with white space or commas between them, each once, with `latest` where none has a tag.
 * @throws CoreError `invalidInput`, see parseReference; with reason `digestAsTag` for a digest, which comes out of a
 *   build and cannot be asked for.
 */
export function parseBuildTags(typed: string): string[] {
  const tags = typed
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((part) => {
      const { host, repository, tag = DEFAULT_TAG, digest } = parseReference(part);
      if (digest !== undefined) {
        throw new CoreError('invalidInput', `a digest cannot be given to an image: ${digest}`, {
          reason: 'digestAsTag',
          subject: digest,
        });
      }
      return familiarReference({ host, repository, tag });
    });
  return [...new Set(tags)];
}
