/**
 * Search over all connections: what is loaded is there at once, the rest streams in as the registries answer. The lists
 * of repositories are read once for all that is typed; what is asked for one text (tags, public repositories) is given
 * up when the text changes. It knows no VS Code.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { isAttachmentTag } from '../core/oci/attachmentTag.ts';
import type { FoundRepository } from '../core/providers/RegistryProvider.ts';
import { bestFirst, parseSearchQuery, rankRepository, type SearchQuery } from './searchQuery.ts';

/** One connection, as far as the search needs it. */
export interface SearchSource {
  /** The connection's id. */
  readonly id: string;
  /** What docker writes before a repository. */
  readonly host: string;
  /** Pinned and listed repositories as far as they are known; grows with `loadMore`. */
  repositories(): Iterable<string>;
  /** More could be loaded, or nothing was yet. */
  hasMore(): boolean;
  /** @throws CoreError */
  loadMore(signal: AbortSignal): Promise<void>;
  /** Tags that are loaded already, by repository. Asks nothing. */
  loadedTags(): Iterable<readonly [repository: string, tags: Iterable<string>]>;
  /** @throws CoreError */
  listTags(repository: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Repositories of anybody; empty where the registry has no public search. @throws CoreError */
  searchPublic(text: string, signal: AbortSignal): Promise<readonly FoundRepository[]>;
}

export interface SearchHit {
  readonly repository: string;
  /** Absent: the repository itself. */
  readonly tag?: string;
  /** Found by the registry's public search, with what is said of it. */
  readonly isPublic?: true;
  readonly description?: string;
}

export interface SearchGroup {
  readonly source: SearchSource;
  readonly hits: readonly SearchHit[];
  /** Repositories and tags that fit as well and are not among `hits`. */
  readonly moreCount: number;
  /** Why the list of repositories could not be read to its end. */
  readonly error?: unknown;
}

export interface SearchOptions {
  /** The groups changed. */
  readonly onChange: () => void;
  /** A pause in typing before the registries are asked. */
  readonly pauseMs?: number;
  /** Between two changes that are told. */
  readonly batchMs?: number;
}

const PAUSE_MS = 200;
const BATCH_MS = 100;
const HITS_PER_SOURCE = 50;
/** Repositories of a source whose tags are asked for; the better the text, the fewer it needs. */
const TAGGED_REPOSITORIES = 5;
/** Names matched before the event loop gets a turn, a few milliseconds. */
const SLICE = 5_000;
const MATCH_EVERY_MS = 250;
/** Against registries whose paging has no end. */
const MAX_PAGES = 1_000;
const MIN_PUBLIC_LENGTH = 2;

/** What one source has for the text that is typed. */
interface Answer {
  hits: readonly SearchHit[];
  moreCount: number;
  /** What the registry was asked for this text. */
  tags: readonly SearchHit[];
  found: readonly SearchHit[];
}

const NO_ANSWER: Answer = { hits: [], moreCount: 0, tags: [], found: [] };

export class RegistrySearch {
  readonly #sources: readonly SearchSource[];
  readonly #options: SearchOptions;
  readonly #session = new AbortController();
  readonly #errors = new Map<string, unknown>();
  readonly #loading = new Set<string>();
  readonly #tags = new Map<string, readonly string[]>();
  #answers = new Map<string, Answer>();
  #query: SearchQuery = parseSearchQuery('');
  #text = '';
  /** For what is asked for the text that is typed. */
  #asking = new AbortController();
  #askingCount = 0;
  /** The pause in typing is over. */
  #isAsked = false;
  #batch: NodeJS.Timeout | undefined;

  constructor(sources: readonly SearchSource[], options: SearchOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /** Begins to read the lists of repositories, each to its end, all beside one another. */
  start(): void {
    for (const source of this.#sources) void this.#load(source);
  }

  /** Nothing is asked or told any more. */
  dispose(): void {
    this.#session.abort();
    this.#asking.abort();
    clearTimeout(this.#batch);
  }

  get isBusy(): boolean {
    return this.#loading.size > 0 || this.#askingCount > 0;
  }

  /** Those with hits or an error, in the order of the connections. */
  groups(): SearchGroup[] {
    return this.#sources.flatMap((source) => {
      const { hits, moreCount, tags, found } = this.#answers.get(source.id) ?? NO_ANSWER;
      const error = this.#errors.get(source.id);
      const unique = new Map<string, SearchHit>();
      // Who types a tag wants it first, and its repository where it is not there.
      for (const hit of [...tags, ...hits, ...found]) {
        const key = `${hit.repository}\n${hit.tag ?? ''}`;
        if (!unique.has(key)) unique.set(key, hit);
      }
      if (unique.size === 0 && error === undefined) return [];
      return [{ source, hits: [...unique.values()], moreCount, ...(error !== undefined && { error }) }];
    });
  }

  /** Looks for `text` from now on; what was asked for the text before is given up. */
  async setText(text: string): Promise<void> {
    if (text === this.#text && this.#answers.size > 0) return;
    this.#text = text;
    this.#query = parseSearchQuery(text);
    this.#asking.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.#isAsked = false;
    this.#answers = new Map();
    for (const source of this.#sources) await this.#match(source, asking.signal);
    if (asking.signal.aborted) return;
    this.#announce();
    await this.#ask(text, asking.signal);
  }

  async #load(source: SearchSource): Promise<void> {
    const { signal } = this.#session;
    this.#loading.add(source.id);
    let matchedAt = -Infinity;
    try {
      for (let page = 0; page < MAX_PAGES && source.hasMore(); page += 1) {
        await source.loadMore(signal);
        if (signal.aborted) return;
        // Not after every page of a long list: each time all that is loaded is looked through.
        if (performance.now() - matchedAt < MATCH_EVERY_MS) continue;
        matchedAt = performance.now();
        await this.#matchLoaded(source);
      }
    } catch (error) {
      this.#errors.set(source.id, error);
    }
    this.#loading.delete(source.id);
    if (!signal.aborted) await this.#matchLoaded(source);
  }

  async #matchLoaded(source: SearchSource): Promise<void> {
    const { signal } = this.#asking;
    await this.#match(source, signal);
    this.#announce();
    // Better ones may have come than those whose tags were asked for.
    const { tag } = this.#query;
    if (this.#isAsked && tag !== undefined) void this.#askTags(source, tag, signal);
  }

  /** Finds what fits among what is loaded. */
  async #match(source: SearchSource, signal: AbortSignal): Promise<void> {
    const query = this.#query;
    let best: { name: string; rank: number }[] = [];
    let matching = 0;
    let seen = 0;
    for (const name of source.repositories()) {
      if (++seen % SLICE === 0) {
        await nextTurn();
        if (signal.aborted) return;
      }
      const rank = rankRepository(name, source.host, query);
      if (rank === undefined) continue;
      matching += 1;
      best.push({ name, rank });
      if (best.length >= SLICE) best = bestFirst(best, HITS_PER_SOURCE);
    }
    best = bestFirst(best, HITS_PER_SOURCE);
    if (signal.aborted) return;
    const answer = this.#answers.get(source.id) ?? NO_ANSWER;
    // Where tags are wanted the repositories are only the way to them.
    const repositories: SearchHit[] = best.map(({ name }) => ({ repository: name }));
    const loadedTags = query.tag === undefined && query.words.length > 0 ? this.#loadedTags(source) : [];
    this.#answers.set(source.id, {
      ...answer,
      hits:
        query.tag === undefined
          ? [...repositories, ...loadedTags]
          : repositories.slice(0, TAGGED_REPOSITORIES),
      moreCount: matching - Math.min(best.length, query.tag === undefined ? Infinity : TAGGED_REPOSITORIES),
    });
  }

  /** Tags of opened repositories that hold the last word where the others stand in the repository's name. */
  #loadedTags(source: SearchSource): SearchHit[] {
    const words = this.#query.words;
    const tagWord = words.at(-1)!;
    const rest = { words: words.slice(0, -1), tag: undefined };
    const hits: SearchHit[] = [];
    for (const [repository, tags] of source.loadedTags()) {
      if (rankRepository(repository, source.host, rest) === undefined) continue;
      for (const tag of tags) {
        if (hits.length >= HITS_PER_SOURCE) return hits;
        if (tag.toLowerCase().includes(tagWord) && !isAttachmentTag(tag)) hits.push({ repository, tag });
      }
    }
    return hits;
  }

  /** After a pause in typing: tags of the best repositories, and what public search finds. */
  async #ask(text: string, signal: AbortSignal): Promise<void> {
    const { tag, words } = this.#query;
    if (words.length === 0) return;
    this.#askingCount += 1;
    try {
      await pause(this.#options.pauseMs ?? PAUSE_MS, undefined, { signal });
      this.#isAsked = true;
      await Promise.all(
        this.#sources.map((source) =>
          tag === undefined
            ? this.#askPublic(source, text.trim(), signal)
            : this.#askTags(source, tag, signal),
        ),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#askingCount -= 1;
      if (!signal.aborted) this.#announce();
    }
  }

  /** What a registry does not answer to a question of this kind is left out: its list of repositories tells the error. */
  async #askPublic(source: SearchSource, text: string, signal: AbortSignal): Promise<void> {
    if (text.length < MIN_PUBLIC_LENGTH) return;
    const found = await source.searchPublic(text, signal).catch(() => []);
    this.#change(source, signal, {
      found: found.map(({ repository, description, isOfficial }) => ({
        repository,
        isPublic: true,
        description: [isOfficial ? '✓' : '', description ?? ''].filter(Boolean).join(' '),
      })),
    });
  }

  async #askTags(source: SearchSource, wanted: string, signal: AbortSignal): Promise<void> {
    const repositories = this.#answers.get(source.id)?.hits ?? [];
    await Promise.all(
      repositories.map(async ({ repository }) => {
        const key = tagsKey(source, repository);
        // Once asked for, the tags of a repository serve all that is typed after its colon.
        if (!this.#tags.has(key)) {
          const tags = await source.listTags(repository, signal).catch(() => undefined);
          if (tags === undefined) return;
          this.#tags.set(key, tags);
        }
        const tags = repositories.flatMap((each): SearchHit[] =>
          fittingTags(this.#tags.get(tagsKey(source, each.repository)) ?? [], wanted).map((tag) => ({
            repository: each.repository,
            tag,
          })),
        );
        this.#change(source, signal, { tags });
      }),
    );
  }

  #change(source: SearchSource, signal: AbortSignal, change: Partial<Answer>): void {
    if (signal.aborted) return;
    this.#answers.set(source.id, { ...(this.#answers.get(source.id) ?? NO_ANSWER), ...change });
    this.#announce();
  }

  /** Many answers in a row are told once. */
  #announce(): void {
    if (this.#session.signal.aborted) return;
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      this.#options.onChange();
    }, this.#options.batchMs ?? BATCH_MS);
  }
}

function tagsKey(source: SearchSource, repository: string): string {
  return `${source.id}\n${repository}`;
}

/** The tag itself first, then those that begin with it. */
function fittingTags(tags: readonly string[], wanted: string): string[] {
  const rank = (tag: string): number => (tag === wanted ? 0 : tag.startsWith(wanted) ? 1 : 2);
  return tags
    .filter((tag) => tag.toLowerCase().includes(wanted) && !isAttachmentTag(tag))
    .sort((a, b) => rank(a.toLowerCase()) - rank(b.toLowerCase()))
    .slice(0, HITS_PER_SOURCE);
}
