/**
 * The repositories of one connection as far as they are loaded. A refresh makes a new catalog, so that an answer to
 * the old one can never replace what was read after it. It knows no VS Code.
 */
import { CoreError, isCoreError } from '../core/common/CoreError.ts';
import type { RegistryProvider } from '../core/providers/RegistryProvider.ts';
import { SingleFlight } from '../core/registry/auth/singleFlight.ts';

export interface RepositoryCatalogOptions {
  readonly open: () => Promise<RegistryProvider>;
  /** Pinned repositories keep the tree useful where the registry refuses to list the others. */
  readonly hasPins: () => boolean;
}

export class RepositoryCatalog {
  readonly #options: RepositoryCatalogOptions;
  readonly #atLeast: number;
  readonly #pages = new SingleFlight<void>();
  readonly #names = new Set<string>();
  readonly #included = new Set<string>();
  /** What came on a page. */
  readonly #listed = new Set<string>();
  #started = false;
  #cursor: string | undefined;
  #truncated = false;
  #refusal: CoreError | undefined;
  readonly #refusedParts: CoreError[] = [];

  /** @param atLeast names to load at first, where a catalog that had as many is read anew. */
  constructor(options: RepositoryCatalogOptions, atLeast = 0) {
    this.#options = options;
    this.#atLeast = atLeast;
  }

  /** One with nothing loaded, to take the place of this one; it will load as many names. */
  renew(): RepositoryCatalog {
    const catalog = new RepositoryCatalog(this.#options, Math.max(this.#atLeast, this.#names.size));
    for (const name of this.#included) catalog.include(name);
    return catalog;
  }

  /** One with the same names that goes on by itself: what it loads is not shown. */
  fork(): RepositoryCatalog {
    const catalog = this.renew();
    for (const name of this.#names) catalog.#names.add(name);
    for (const name of this.#listed) catalog.#listed.add(name);
    catalog.#started = this.#started;
    catalog.#cursor = this.#cursor;
    catalog.#refusal = this.#refusal;
    return catalog;
  }

  /** Lists `name` from now on: a repository that is known to be there and was not listed yet. */
  include(name: string): void {
    this.#included.add(name);
    this.#names.add(name);
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get isStarted(): boolean {
    return this.#started;
  }

  get hasMorePages(): boolean {
    return this.#cursor !== undefined;
  }

  /** The registry's paging was broken and the list stops early. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** Why the registry does not list its repositories, where pinned ones are shown all the same. */
  get refusal(): CoreError | undefined {
    return this.#refusal;
  }

  /** Why parts of the list are not in it, as far as it is loaded. */
  get refusedParts(): readonly CoreError[] {
    return this.#refusedParts;
  }

  /**
   * Loads what a first look needs, once; several callers share one request, which ends when the last has cancelled.
   * @throws CoreError
   */
  async load(signal: AbortSignal): Promise<this> {
    while (!this.#started || (this.hasMorePages && this.#names.size < this.#atLeast)) {
      await this.#nextPage(signal);
    }
    return this;
  }

  /** @throws CoreError */
  async loadMore(signal: AbortSignal): Promise<void> {
    if (!this.#started || this.hasMorePages) await this.#nextPage(signal);
  }

  #nextPage(signal: AbortSignal): Promise<void> {
    return this.#pages.run('', signal, (shared) => this.#loadPage(shared));
  }

  async #loadPage(signal: AbortSignal): Promise<void> {
    const provider = await this.#options.open();
    if (!provider.capabilities.listsRepositories) {
      this.#refuse(
        new CoreError('unsupported', 'this registry has no list of repositories', {
          host: provider.client.endpoint.host,
          reason: 'noCatalog',
        }),
      );
      return;
    }
    try {
      const page = await provider.listRepositories(this.#cursor, signal);
      if (signal.aborted) return;
      // A registry that gives the same page again would do so for ever.
      const isRepeated = page.items.length > 0 && page.items.every((name) => this.#listed.has(name));
      for (const name of page.items) {
        this.#listed.add(name);
        this.#names.add(name);
      }
      this.#started = true;
      this.#cursor = isRepeated ? undefined : page.nextCursor;
      this.#truncated ||= page.truncated ?? (isRepeated && page.nextCursor !== undefined);
      this.#refusedParts.push(...(page.refusals ?? []));
    } catch (error) {
      const isRefusal =
        isCoreError(error, 'unsupported', 'notFound') ||
        (this.#options.hasPins() && isCoreError(error, 'unauthorized', 'forbidden'));
      if (this.#started || !isRefusal) throw error;
      this.#refuse(error);
    }
  }

  #refuse(refusal: CoreError): void {
    this.#started = true;
    this.#refusal = refusal;
  }
}
