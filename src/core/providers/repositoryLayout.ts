/**
 * Repository managers keep images in several repositories of their own, and a connection is to one of them (by a path,
 * host or port of its own) or to all, whose names then come first in every image's.
 */
import type { RegistryEndpoint } from '../registry/RegistryEndpoint.ts';
import { fullRepositoryName } from '../registry/repositoryName.ts';

export type RepositoryLayout =
  | { readonly kind: 'one'; readonly key: string }
  | { readonly kind: 'byPath'; readonly keys: readonly string[] };

/** Where an image is: in which of the manager's repositories, and under which name there. */
export interface RepositoryPlace {
  readonly key: string;
  readonly image: string;
}

/** @param layout null: it was looked for and is not to be known. */
export function placeOf(
  endpoint: RegistryEndpoint,
  layout: RepositoryLayout | null | undefined,
  repository: string,
): RepositoryPlace | undefined {
  if (!layout) return undefined;
  const full = fullRepositoryName(endpoint, repository);
  if (layout.kind === 'one') return { key: layout.key, image: full };
  const slash = full.indexOf('/');
  return slash < 0 ? undefined : { key: full.slice(0, slash), image: full.slice(slash + 1) };
}
