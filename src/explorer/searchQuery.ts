/** What a person types into "Search All Registries", and how well a repository or tag fits it. It knows no VS Code. */

export interface SearchQuery {
  /** Words in lower case, all of which a repository must hold; empty: any repository. */
  readonly words: readonly string[];
  /** What a tag must hold, in lower case; undefined: no tags are asked for, '': any tag. */
  readonly tag: string | undefined;
}

/** `api`, `team api`, `team/api:1.2`, `localhost:5000/team/api:`, also with a digest behind, which is left aside. */
export function parseSearchQuery(text: string): SearchQuery {
  const [name = ''] = text.trim().toLowerCase().split('@');
  const colon = name.lastIndexOf(':');
  // A colon before a slash belongs to the port of a host.
  const hasTag = colon > name.lastIndexOf('/');
  const repository = hasTag ? name.slice(0, colon) : name;
  return {
    words: repository.split(/\s+/).filter(Boolean),
    tag: hasTag ? name.slice(colon + 1).trim() : undefined,
  };
}

/**
 * How well `repository` fits, higher is better; undefined: not at all. A word that is the last part of the name counts
 * most, then one that begins a part, then one that stands anywhere.
 * @param host what docker writes before it: a reference that was pasted begins with it.
 */
export function rankRepository(repository: string, host: string, { words }: SearchQuery): number | undefined {
  const name = repository.toLowerCase();
  let rank = 0;
  for (const word of words) {
    const wordRank = rankWord(name, host, word);
    if (wordRank === undefined) return undefined;
    rank += wordRank;
  }
  return rank;
}

function rankWord(name: string, host: string, word: string): number | undefined {
  if (name === word) return 5;
  if (name.endsWith(`/${word}`)) return 4;
  const at = name.indexOf(word);
  if (at === 0 || (at > 0 && name.includes(`/${word}`))) return 3;
  if (at > 0 && /[-._]/.test(name[at - 1]!)) return 2;
  if (at > 0) return 1;
  // Only with the host before it, as in a pasted reference.
  return word.includes('/') && `${host}/${name}`.includes(word) ? 3 : undefined;
}

/** The best `count` of `ranked`: by rank, then the shorter name, then by name. */
export function bestFirst<Item extends { readonly name: string; readonly rank: number }>(
  ranked: readonly Item[],
  count: number,
): Item[] {
  return [...ranked]
    .sort((a, b) => b.rank - a.rank || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, count);
}
