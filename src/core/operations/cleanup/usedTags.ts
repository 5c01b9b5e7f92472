/** Tags and digests of a repository that a file names: Dockerfile, Compose, Kubernetes, CI, whatever its syntax. */
import { DEFAULT_TAG } from '../../oci/reference.ts';

/**
 * Looks for the repository's path rather than for whole references: hosts are often variables (`$REGISTRY/team/app:1`).
 * What another registry's repository of the same path is named by counts too: better one tag too many stays. A path
 * without tag and digest means `latest`.
 * @param paths the repository's path, and Docker Hub's short ways to write it.
 */
export function findUsedTags(text: string, paths: readonly string[]): Set<string> {
  const tags = new Set<string>();
  for (const path of new Set(paths)) {
    const escaped = path.replaceAll(/[.]/g, '\\.');
    const reference = new RegExp(
      `(?<![\\w.-])${escaped}(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?(?![\\w/-])`,
      'g',
    );
    for (const [, tag, digest] of text.matchAll(reference)) {
      if (tag !== undefined) tags.add(tag.replace(/[.-]+$/, ''));
      else if (digest === undefined) tags.add(DEFAULT_TAG);
      if (digest !== undefined) tags.add(digest);
    }
  }
  return tags;
}
