/** Which references to offer for a build, from what the folder and its git checkout say. */
import { DEFAULT_TAG, familiarReference, isTag, tryParseReference } from './reference.ts';

/** Facts about the folder that is built; git's are absent outside a checkout. */
export interface BuildFacts {
  readonly folderName: string;
  /** `git describe --tags --always`: `v1.0.0`, `v1.0.0-3-gabc123`, `abc123`; a `-dirty` at its end is understood. */
  readonly gitDescribe?: string;
  /** Undefined, '' or `HEAD`: none is checked out. */
  readonly branch?: string;
  /** The checkout has changes that are not committed. */
  readonly dirty?: boolean;
  /** `RegistryEndpoint.referenceHost` of each connection, the preferred first: `localhost:5000`, `host/team`, `docker.io`. */
  readonly referenceHosts: readonly string[];
}

const BRANCH_TAGS: Readonly<Record<string, string>> = {
  main: DEFAULT_TAG,
  master: DEFAULT_TAG,
  trunk: DEFAULT_TAG,
  dev: 'dev',
  develop: 'dev',
  development: 'dev',
  stage: 'staging',
  staging: 'staging',
  prod: 'prod',
  production: 'prod',
};

/**
 * References, best first, none twice, each one parseable: for each tag, one per connection, then the local name.
 * The tag git describes comes first, then the branch's; `latest` where neither is known.
 */
export function suggestReferences(facts: BuildFacts): string[] {
  const name = toRepositoryName(facts.folderName);
  const names = [...facts.referenceHosts.map((host) => `${host}/${name}`), name];
  const references = suggestTags(facts).flatMap((tag) => names.map((candidate) => `${candidate}:${tag}`));
  return [...new Set(references.map(toFamiliar).filter((reference) => reference !== undefined))];
}

/** The tags alone, best first. */
export function suggestTags({ gitDescribe, branch, dirty }: BuildFacts): string[] {
  const described = gitDescribe?.replace(/-dirty$/, '');
  const isDirty = dirty === true || described !== gitDescribe;
  const tags = [described && toTag(isDirty ? `${described}-dirty` : described), branch && branchTag(branch)];
  const known = tags.filter((tag) => tag !== undefined).filter(isTag);
  return known.length > 0 ? [...new Set(known)] : [DEFAULT_TAG];
}

/** A legal repository name that resembles `folderName`; `image` where nothing of it can stay. */
export function toRepositoryName(folderName: string): string {
  const name = folderName
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/[._-]+/g, (run) => (/^(?:[._]|__|-+)$/.test(run) ? run : '-'))
    .slice(0, 128)
    .replace(/^[._-]+|[._-]+$/g, '');
  return name === '' ? 'image' : name;
}

function branchTag(branch: string): string | undefined {
  if (branch === 'HEAD') return undefined;
  return Object.hasOwn(BRANCH_TAGS, branch) ? BRANCH_TAGS[branch] : toTag(branch);
}

function toTag(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)
    .replace(/[.-]+$/, '');
}

function toFamiliar(text: string): string | undefined {
  const reference = tryParseReference(text);
  return reference && familiarReference(reference);
}
