/** Which tags a rule means: a glob over the whole tag, or a regular expression between slashes. */
import { CoreError } from '../common/CoreError.ts';
import { toDisplayLine } from '../common/displayText.ts';
import { LinearPattern } from './LinearPattern.ts';
import { matchesGlob } from './tagFilter.ts';

export type TagTest = (tag: string) => boolean;

const MAX_GLOB_LENGTH = 200;

/**
 * `v1.*`, `nightly-??`, `latest`: the whole tag, minding case as registries do. `/^pr-\d+$/`, `/rc/i`: anywhere in the
 * tag unless it says `^` and `$`. Neither takes longer than tag length × pattern length steps.
 * @throws CoreError `invalidInput`, reason `tagPattern`.
 */
export function parseTagPattern(pattern: string): TagTest {
  const wanted = pattern.trim();
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/s.exec(wanted) ?? [];
  if (source !== undefined) {
    if (flags !== '' && flags !== 'i') throw unfit(pattern);
    const compiled = tryCompile(source, flags === 'i', pattern);
    return (tag) => compiled.test(tag);
  }
  // Everything that a tag cannot hold is a slip: it would match nothing, and nobody would know why.
  if (!/^[\w.*?-]+$/.test(wanted) || wanted.length > MAX_GLOB_LENGTH) throw unfit(pattern);
  const glob = wanted.replace(/\*+/g, '*');
  return (tag) => matchesGlob(tag, glob);
}

function tryCompile(source: string, ignoresCase: boolean, pattern: string): LinearPattern {
  try {
    return new LinearPattern(source, ignoresCase);
  } catch (error) {
    throw unfit(pattern, error);
  }
}

function unfit(pattern: string, cause?: unknown): CoreError {
  const subject = toDisplayLine(pattern, MAX_GLOB_LENGTH);
  return new CoreError('invalidInput', 'not a pattern of tags', { reason: 'tagPattern', subject }, cause);
}
