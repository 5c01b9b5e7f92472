/**
 * The tags of one repository as far as they are loaded: pages, details that arrive later, order, filter and how many
 * are shown. It knows no VS Code, so that every order of refresh, page and cancel can be tested.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { isAttachmentTag } from '../core/oci/attachmentTag.ts';
import { createTagFilter } from '../core/oci/tagFilter.ts';
import { firstTags, type SortableTag, type TagOrder } from '../core/oci/tagOrder.ts';
import type { RegistryProvider, TagDetails } from '../core/providers/RegistryProvider.ts';
import { throwIfCancelled } from '../core/registry/transport/cancellation.ts';

/** How the tags are to be shown. */
export interface TagViewOptions {
  readonly sortBy: TagOrder;
  /** Text or glob, '' for all. */
  readonly filter: string;
  readonly showAttachments: boolean;
}

export interface ShownTags {
  readonly tags: readonly string[];
  /** Tags that match, loaded so far. */
  readonly matching: number;
  /** True when the registry has more than is loaded. */
  readonly hasMorePages: boolean;
  /** The registry's paging was broken and the listing stops early. */
  readonly truncated: boolean;
}

/** What a listing needs of a provider. */
export type TagSource = Pick<RegistryProvider, 'listTags' | 'getTagDetails'>;

/** Requests for details at once; the transport has its own limit a host. */
const DETAIL_CONCURRENCY = 12;
const BATCH_MS = 100;
/** Tags handled before the event loop gets a turn, a few milliseconds: 100,000 must not be felt. */
const SLICE = 2_000;

export class RepositoryListing {
  readonly #source: TagSource;
  readonly #repository: string;
  readonly #pageSize: number;
  readonly #onDetails: (tags: readonly string[]) => void;
  readonly #names = new Set<string>();
  /** Those of them that no page has held yet. */
  readonly #unlisted = new Set<string>();
  readonly #included = new Set<string>();
  readonly #details = new Map<string, TagDetails>();
  readonly #failed = new Set<string>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #limit = pLimit(DETAIL_CONCURRENCY);
  /** Tags to have loaded before a view is given. */
  readonly #atLeast: number;
  #shown: number;
  #started = false;
  #cursor: string | undefined;
  #truncated = false;
  /** The list is older than what a person expects to see. */
  #mayHaveMore = false;
  /** The page on its way, shared by all who wait for one. */
  #page: Promise<void> | undefined;
  #controller = new AbortController();
  #arrived: string[] = [];
  #batch: NodeJS.Timeout | undefined;

  /**
   * @param onDetails gets the tags whose details arrived or could not be had, batched.
   * @param shown how many tags are shown, where a listing that had shown more than one page is read anew.
   */
  constructor(
    source: TagSource,
    repository: string,
    pageSize: number,
    onDetails: (tags: readonly string[]) => void,
    shown = pageSize,
  ) {
    this.#source = source;
    this.#repository = repository;
    this.#pageSize = pageSize;
    this.#onDetails = onDetails;
    this.#shown = shown;
    this.#atLeast = shown > pageSize ? shown : 1;
  }

  /** Stops this listing. One with nothing loaded that will show as many tags takes its place. */
  renew(): RepositoryListing {
    this.stop();
    return new RepositoryListing(
      this.#source,
      this.#repository,
      this.#pageSize,
      this.#onDetails,
      this.#shown,
    );
  }

  /** Everything that runs for this listing stops; what is loaded stays readable. True when something did run. */
  stop(): boolean {
    const wasBusy = this.#page !== undefined || this.#pending.size > 0 || this.#batch !== undefined;
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#page = undefined;
    this.#pending.clear();
    clearTimeout(this.#batch);
    this.#batch = undefined;
    this.#arrived = [];
    return wasBusy;
  }

  details(tag: string): TagDetails | undefined {
    return this.#details.get(tag);
  }

  /** True when details were asked for and could not be had. */
  detailsFailed(tag: string): boolean {
    return this.#failed.has(tag);
  }

  /** Tags that are loaded so far. */
  get tags(): ReadonlySet<string> {
    return this.#names;
  }

  /** Shows `tag` from now on, however far down in the order it stands: one that is known to be there. */
  include(tag: string): void {
    this.#included.add(tag);
    if (!this.#names.has(tag)) this.#unlisted.add(tag);
    this.#names.add(tag);
  }

  /** Whether the repository has `tag`, as far as the list tells; undefined where it does not. */
  hasTag(tag: string): boolean | undefined {
    if (this.#names.has(tag)) return true;
    const isComplete = this.#started && this.#cursor === undefined && !this.#truncated;
    return isComplete && !this.#mayHaveMore ? false : undefined;
  }

  /** Reads the details of `tag` anew. Who asks for that may have pushed something since the list was read. */
  refreshDetails(tag: string): void {
    this.#mayHaveMore = true;
    this.#details.delete(tag);
    this.#failed.delete(tag);
    this.requestDetails([tag]);
  }

  /**
   * Shows `pageSize` more, asking the registry for its next page only when all that is loaded is shown.
   * @throws CoreError `cancelled` by `stop`, or what the registry's answer was; then as many are shown as before.
   */
  async showMore(pageSize: number, options: TagViewOptions): Promise<void> {
    const shown = this.#shown + pageSize;
    await this.#loadUntil(shown, options, this.#controller.signal);
    this.#shown = shown;
  }

  /**
   * The tags to show, in order. Sorting by date or size first reads the details of all loaded tags.
   * @throws CoreError `cancelled` by `stop`, or what the registry's answer was.
   */
  async view(options: TagViewOptions): Promise<ShownTags> {
    const { signal } = this.#controller;
    // A filter that matches nothing on the first pages must not hide what later pages hold.
    const names = await this.#loadUntil(this.#atLeast, options, signal);
    if (options.sortBy === 'date' || options.sortBy === 'size') {
      await this.#loadDetails(names, options.sortBy);
      throwIfCancelled(signal);
    }
    const tags = await this.#firstOf(names, options.sortBy);
    throwIfCancelled(signal);
    return {
      tags,
      matching: names.length,
      hasMorePages: this.#cursor !== undefined,
      truncated: this.#truncated,
    };
  }

  /** Starts reading the details of `tags` that are not known yet; they arrive through `onDetails`. */
  requestDetails(tags: readonly string[]): void {
    void this.#loadDetails(tags);
  }

  /** Loads pages until `count` tags match or there are no more. The matching ones. */
  async #loadUntil(count: number, options: TagViewOptions, signal: AbortSignal): Promise<string[]> {
    for (;;) {
      const matching = await this.#matching(options);
      throwIfCancelled(signal);
      if (this.#started && (this.#cursor === undefined || matching.length >= count)) return matching;
      this.#page ??= this.#loadPage(signal);
      await this.#page;
      throwIfCancelled(signal);
    }
  }

  async #loadPage(signal: AbortSignal): Promise<void> {
    try {
      const page = await this.#source.listTags(this.#repository, this.#cursor, signal);
      throwIfCancelled(signal);
      let isNew = page.items.length === 0;
      for (const { name, details } of page.items) {
        isNew ||= !this.#names.has(name) || this.#unlisted.has(name);
        this.#unlisted.delete(name);
        this.#names.add(name);
        if (details) this.#details.set(name, details);
      }
      // A registry that gives the same page again would do so for ever.
      const isRepeated = this.#started && !isNew;
      this.#started = true;
      this.#cursor = isRepeated ? undefined : page.nextCursor;
      this.#truncated ||= page.truncated ?? (isRepeated && page.nextCursor !== undefined);
    } finally {
      // After `stop` the page that is on its way is another one.
      if (!signal.aborted) this.#page = undefined;
    }
  }

  async #matching({ filter, showAttachments }: TagViewOptions): Promise<string[]> {
    const matches = createTagFilter(filter);
    const matching: string[] = [];
    let seen = 0;
    for (const name of this.#names) {
      if (++seen % SLICE === 0) await nextTurn();
      if (matches(name) && (showAttachments || !isAttachmentTag(name))) matching.push(name);
    }
    return matching;
  }

  /** As many of `names` as are shown, sorted: the best of each slice and of those before it. */
  async #firstOf(names: readonly string[], sortBy: TagOrder): Promise<string[]> {
    let first: SortableTag[] = [];
    for (let start = 0; start < names.length; start += SLICE) {
      if (start > 0) await nextTurn();
      const slice = names.slice(start, start + SLICE).map((name): SortableTag => {
        const details = this.#details.get(name);
        return details ? { name, details } : { name };
      });
      first = firstTags([...first, ...slice], sortBy, this.#shown);
    }
    const shown = new Set(first.map(({ name }) => name));
    if (this.#included.size > 0) {
      for (const name of names) if (this.#included.has(name)) shown.add(name);
    }
    return [...shown];
  }

  /** @param order for which they are needed: the time alone may be listed already. */
  async #loadDetails(tags: readonly string[], order?: TagOrder): Promise<void> {
    const isKnown = (tag: string): boolean => {
      const details = this.#details.get(tag);
      if (!details?.isPartial) return details !== undefined;
      return order === 'date' && details.createdAt !== undefined;
    };
    const wanted = tags.filter((tag) => !isKnown(tag) && !this.#failed.has(tag));
    await Promise.all(wanted.map((tag) => this.#pending.get(tag) ?? this.#loadDetailsOf(tag)));
  }

  #loadDetailsOf(tag: string): Promise<void> {
    const { signal } = this.#controller;
    const loading = this.#limit(async () => {
      if (signal.aborted) return;
      const details = await this.#source.getTagDetails(this.#repository, tag, signal).catch(() => undefined);
      if (signal.aborted) return;
      // A tag without details is still a tag; the error shows when it is opened.
      if (details) this.#details.set(tag, details);
      else this.#failed.add(tag);
      this.#pending.delete(tag);
      this.#announce(tag);
    });
    this.#pending.set(tag, loading);
    return loading;
  }

  #announce(tag: string): void {
    this.#arrived.push(tag);
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      this.#onDetails(this.#arrived.splice(0));
    }, BATCH_MS);
  }
}
