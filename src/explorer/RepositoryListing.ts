/**
 * The tags of one repository as far as they are loaded: pages, details that arrive later, order, filter and how many
 * are shown. It knows no VS Code, so that every order of refresh, page and cancel can be tested.
 */
import pLimit from 'p-limit';
import { isAttachmentTag } from '../core/oci/attachmentTag.ts';
import { createTagFilter } from '../core/oci/tagFilter.ts';
import { sortTags, type TagOrder } from '../core/oci/tagOrder.ts';
import type { RegistryProvider, TagDetails } from '../core/providers/RegistryProvider.ts';

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

/** Requests for details at once; the transport has its own limit a host. */
const DETAIL_CONCURRENCY = 12;

export class RepositoryListing {
  readonly #provider: RegistryProvider;
  readonly #repository: string;
  readonly #onDetails: (tags: readonly string[]) => void;
  readonly #details = new Map<string, TagDetails>();
  readonly #failed = new Set<string>();
  readonly #pending = new Map<string, Promise<void>>();
  readonly #limit = pLimit(DETAIL_CONCURRENCY);
  #names = new Set<string>();
  #cursor: string | undefined;
  #started = false;
  #truncated = false;
  #shown: number;
  #controller = new AbortController();
  #arrived: string[] = [];
  #batch: NodeJS.Timeout | undefined;

  /** `onDetails` gets the tags whose details arrived, batched. */
  constructor(
    provider: RegistryProvider,
    repository: string,
    pageSize: number,
    onDetails: (tags: readonly string[]) => void,
  ) {
    this.#provider = provider;
    this.#repository = repository;
    this.#shown = pageSize;
    this.#onDetails = onDetails;
  }

  /** Everything that runs for this listing stops; what is loaded stays readable. */
  stop(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.#pending.clear();
    clearTimeout(this.#batch);
    this.#batch = undefined;
  }

  details(tag: string): TagDetails | undefined {
    return this.#details.get(tag);
  }

  /** True when details were asked for and could not be had. */
  detailsFailed(tag: string): boolean {
    return this.#failed.has(tag);
  }

  /** Loads the first page if nothing is loaded yet. */
  async start(): Promise<void> {
    if (!this.#started) await this.#loadPage();
  }

  /** Shows `pageSize` more, asking the registry for its next page only when all that is loaded is shown. */
  async showMore(pageSize: number, options: TagViewOptions): Promise<void> {
    this.#shown += pageSize;
    while (this.#cursor !== undefined && this.#matching(options).length < this.#shown) {
      await this.#loadPage();
    }
  }

  /** The tags to show, in order. Sorting by date or size first reads the details of all loaded tags. */
  async view(options: TagViewOptions): Promise<ShownTags> {
    await this.start();
    let names = this.#matching(options);
    // A filter that matches nothing on the first pages must not hide what later pages hold.
    while (names.length === 0 && options.filter !== '' && this.#cursor !== undefined) {
      await this.#loadPage();
      names = this.#matching(options);
    }
    if (options.sortBy === 'date' || options.sortBy === 'size') await this.#loadDetails(names);
    const sorted = this.#sorted(names, options.sortBy);
    return {
      tags: sorted.slice(0, this.#shown),
      matching: sorted.length,
      hasMorePages: this.#cursor !== undefined,
      truncated: this.#truncated,
    };
  }

  /** Starts reading the details of `tags` that are not known yet; they arrive through `onDetails`. */
  requestDetails(tags: readonly string[]): void {
    void this.#loadDetails(tags);
  }

  async #loadPage(): Promise<void> {
    const { signal } = this.#controller;
    const page = await this.#provider.listTags(this.#repository, this.#cursor, signal);
    this.#started = true;
    this.#cursor = page.nextCursor;
    this.#truncated ||= page.truncated ?? false;
    const names = new Set(this.#names);
    for (const { name, details } of page.items) {
      names.add(name);
      if (details) this.#details.set(name, details);
    }
    this.#names = names;
  }

  #matching({ filter, showAttachments }: TagViewOptions): string[] {
    const matches = createTagFilter(filter);
    return [...this.#names].filter((name) => matches(name) && (showAttachments || !isAttachmentTag(name)));
  }

  #sorted(names: readonly string[], sortBy: TagOrder): string[] {
    const tags = names.map((name) => {
      const details = this.#details.get(name);
      return details ? { name, details } : { name };
    });
    return sortTags(tags, sortBy).map(({ name }) => name);
  }

  async #loadDetails(tags: readonly string[]): Promise<void> {
    const wanted = tags.filter((tag) => !this.#details.has(tag) && !this.#failed.has(tag));
    await Promise.all(wanted.map((tag) => this.#pending.get(tag) ?? this.#loadDetailsOf(tag)));
  }

  #loadDetailsOf(tag: string): Promise<void> {
    const { signal } = this.#controller;
    const loading = this.#limit(async () => {
      if (signal.aborted) return;
      try {
        const details = await this.#provider.getTagDetails(this.#repository, tag, signal);
        this.#details.set(tag, details);
      } catch {
        // A tag without details is still a tag; the error shows when it is opened.
        if (signal.aborted) return;
        this.#failed.add(tag);
      }
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
    }, 100);
  }
}
