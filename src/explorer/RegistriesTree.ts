/**
 * The Registries view: registry → namespace → repository → tag → platforms, layers, referrers. Everything is read
 * when it is opened and stops being read when it is closed; a failure is one node where it happened. What is below a
 * node is read by ChildrenReader; here is remembered what is shown.
 */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { TagOrder } from '../core/oci/tagOrder.ts';
import type { TagDetails } from '../core/providers/RegistryProvider.ts';
import { createsRepositories } from '../platform/connectionKind.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import type { Capabilities } from '../platform/Capabilities.ts';
import { isInvalidConnection } from '../platform/Connection.ts';
import type { RegistrySession } from '../platform/RegistrySession.ts';
import { tryCreateEndpoint, type RegistrySessions } from '../platform/RegistrySessions.ts';
import type { ImageDigest, Verifications } from '../platform/Verifications.ts';
import { setContextKey } from '../platform/ContextKeys.ts';
import { readPullMirrors } from '../platform/pullMirrors.ts';
import { ChildrenReader } from './ChildrenReader.ts';
import {
  errorNode,
  isAtOrBelow,
  namespaceNode,
  registryNode,
  repositoryId,
  repositoryNode,
  tagId,
  tagNode,
} from './createNodes.ts';
import { LoadedRegistries } from './LoadedRegistries.ts';
import type { RegistriesNode, RegistryNode, RepositoryNode, TagNode } from './nodes.ts';
import type { SearchSource } from './RegistrySearch.ts';
import type { RepositoryListing, TagViewOptions } from './RepositoryListing.ts';
import { registryTooltip, toTreeItem } from './toTreeItem.ts';
import type { TreeState } from './TreeState.ts';

export class RegistriesTree implements vscode.TreeDataProvider<RegistriesNode>, vscode.Disposable {
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #capabilities: Capabilities;
  readonly #logger: Logger;
  readonly #verifications: Verifications;
  readonly #changed = new vscode.EventEmitter<RegistriesNode[] | undefined>();
  readonly #subscriptions: vscode.Disposable[];
  /** The node objects VS Code holds, by id: an event must name the very object. */
  readonly #nodes = new Map<string, RegistriesNode>();
  readonly #loaded: LoadedRegistries;
  readonly #reader: ChildrenReader;
  /** What a node showed last, kept for when reading it anew fails. */
  readonly #lastGood = new Map<string, RegistriesNode[]>();
  /** Nodes that could not be read the last time. */
  readonly #failed = new Set<string>();
  readonly #filters = new Map<string, string>();
  /** One controller a node that is being read; aborted when it is closed. */
  readonly #reading = new Map<string, AbortController>();
  /** What is being read, for a second one who asks meanwhile. */
  readonly #answers = new Map<string, Promise<RegistriesNode[]>>();
  /** Nodes whose children were read and not forgotten since. */
  readonly #fresh = new Set<string>();
  /** Nodes of which only the row has changed: VS Code asks for their children all the same. */
  readonly #repainted = new Set<string>();
  /** Closed before they were read. */
  readonly #interrupted = new Set<string>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    settings: ConnectionSettings,
    sessions: RegistrySessions,
    verifications: Verifications,
    capabilities: Capabilities,
    logger: Logger,
  ) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#verifications = verifications;
    this.#capabilities = capabilities;
    this.#logger = logger;
    this.#loaded = new LoadedRegistries({
      settings,
      sessions,
      pageSize,
      // One event for all that arrived, naming only rows that are there.
      onDetails: (ids) => this.#repaint(...ids.flatMap((id) => this.#nodes.get(id) ?? [])),
    });
    this.#reader = new ChildrenReader({
      settings,
      sessions,
      loaded: this.#loaded,
      viewOptions: (node) => this.#viewOptions(node.id),
    });
    this.#subscriptions = [
      settings.onDidChange(() => this.#onSettingsChanged()),
      sessions.onDidChangeConnection((connectionId) => this.refreshConnection(connectionId)),
      sessions.onDidChangeRepository(({ connectionId, repository, removedTags }) =>
        this.refreshRepository(connectionId, repository, removedTags),
      ),
      verifications.onDidChange((image) => this.#repaint(...this.#nodesOfImage(image))),
      capabilities.onDidChange(({ connectionId, repository }) => {
        const id = repository === undefined ? connectionId : repositoryId(connectionId, repository);
        const node = this.#nodes.get(id);
        if (node) this.#repaint(node);
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('berth.tags') || event.affectsConfiguration('berth.pageSize')) {
          this.#fireAll();
        }
      }),
    ];
    setContextKey('berth.connectionCount', settings.list().length);
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
    this.#loaded.stop();
    for (const controller of this.#reading.values()) controller.abort();
    this.#changed.dispose();
  }

  getTreeItem(node: RegistriesNode): vscode.TreeItem {
    return toTreeItem(node, this.#stateOf(node));
  }

  /** The tooltip of a registry is looked up when it is wanted: it tells what the machine's configuration says. */
  async resolveTreeItem(item: vscode.TreeItem, node: RegistriesNode): Promise<vscode.TreeItem> {
    if (node.kind === 'registry') {
      const capabilities = this.#capabilities.known({ connectionId: node.connectionId });
      item.tooltip = registryTooltip(node.connection, await readPullMirrors(node.connection), capabilities);
    }
    return item;
  }

  getParent(node: RegistriesNode): RegistriesNode | undefined {
    return node.parent;
  }

  async getChildren(node?: RegistriesNode): Promise<RegistriesNode[]> {
    if (!node) return this.#roots();
    const isRepainted = this.#repainted.delete(node.id);
    if (isRepainted && this.#fresh.has(node.id)) return this.#lastChildren(node);
    // VS Code asks again for a node whose parent it draws anew, and keeps whichever answer comes.
    const running = this.#reading.get(node.id);
    const answer = this.#answers.get(node.id);
    if (answer && running && !running.signal.aborted) return answer;
    const reading = this.#readChildren(node);
    this.#answers.set(node.id, reading);
    try {
      return await reading;
    } finally {
      if (this.#answers.get(node.id) === reading) this.#answers.delete(node.id);
    }
  }

  async #readChildren(node: RegistriesNode): Promise<RegistriesNode[]> {
    const controller = new AbortController();
    this.#reading.get(node.id)?.abort(OUTDATED);
    this.#reading.set(node.id, controller);
    this.#interrupted.delete(node.id);
    const { signal } = controller;
    try {
      const children = await this.#reader.read(node, signal);
      if (signal.aborted) return await this.#childrenInstead(node, signal);
      this.#lastGood.set(
        node.id,
        children.map((child) => this.#keep(child)),
      );
      this.#failed.delete(node.id);
      this.#fresh.add(node.id);
      return children;
    } catch (error) {
      if (signal.aborted) return await this.#childrenInstead(node, signal);
      if (isCoreError(error, 'cancelled')) return this.#lastChildren(node);
      this.#logger.warn(`${node.id}: ${String(error)}`);
      // The last good tree stays, under the one node that says why it could not be read anew.
      const isSaidAbove = this.#isBelowFailure(node) && this.#lastGood.has(node.id);
      this.#failed.add(node.id);
      if (isSaidAbove) return this.#lastChildren(node);
      return [this.#keep(errorNode(node, error)), ...this.#lastChildren(node)];
    } finally {
      if (this.#reading.get(node.id) === controller) this.#reading.delete(node.id);
    }
  }

  /** What one who asked gets whose reading was ended: VS Code may keep this answer, whatever it asked since. */
  async #childrenInstead(node: RegistriesNode, { reason }: AbortSignal): Promise<RegistriesNode[]> {
    const isGone = 'connectionId' in node && !this.#settings.get(node.connectionId);
    if (reason !== OUTDATED || this.#fresh.has(node.id) || isGone) return this.#lastChildren(node);
    return this.getChildren(node);
  }

  /** A closed node stops its requests. */
  onDidCollapse(node: RegistriesNode): void {
    const running = this.#reading.get(node.id);
    running?.abort();
    this.#reading.get(moreKey(node.id))?.abort();
    const wasBusy = (node.kind === 'repository' && this.#listingOf(node)?.stop()) || running;
    if (wasBusy) this.#interrupted.add(node.id);
  }

  /** Opening it again goes on where it was: VS Code itself asks only once for the children of a node. */
  onDidExpand(node: RegistriesNode): void {
    if (this.#interrupted.delete(node.id)) this.#fire(node);
  }

  refreshAll(): void {
    for (const { id } of this.#settings.connections()) {
      this.#forget(id);
      this.#sessions.reset(id);
    }
    this.#fireAll();
  }

  refreshConnection(connectionId: string): void {
    this.#forget(connectionId);
    this.#fireHeld(connectionId);
  }

  /** @param removedTags tags that are known to be gone, whatever reading the repository anew says. */
  refreshRepository(connectionId: string, repository: string, removedTags: readonly string[] = []): void {
    const id = repositoryId(connectionId, repository);
    const removed = new Set(removedTags.map((tag) => tagId(id, tag)));
    const lastGood = this.#lastGood.get(id);
    if (lastGood)
      this.#lastGood.set(
        id,
        lastGood.filter((child) => !removed.has(child.id)),
      );
    this.#forget(id);
    const node = this.#nodes.get(id);
    if (node) this.#fire(node);
    // A repository that was just created is not in the list yet.
    else this.refreshConnection(connectionId);
  }

  /** Reads one node anew. */
  refreshNode(node: RegistriesNode): void {
    if (node.kind === 'namespace') {
      const repositories = repositoryId(node.connectionId, `${node.namespace}/`);
      this.#renew((id) => id === node.connectionId || id === node.id || id.startsWith(repositories));
    } else {
      this.#forget(node.id);
    }
    if (node.kind === 'tag') {
      this.#listingOf(node)?.refreshDetails(node.tag);
    }
    this.#fire(node);
  }

  async loadMore(node: RegistriesNode): Promise<void> {
    if (node.kind !== 'loadMore' || !node.parent) return;
    const { connectionId, repository, parent } = node;
    if (repository === undefined) {
      const key = moreKey(connectionId);
      const controller = new AbortController();
      this.#reading.set(key, controller);
      try {
        await this.#loaded.catalog(connectionId).loadMore(controller.signal);
      } finally {
        if (this.#reading.get(key) === controller) this.#reading.delete(key);
      }
      this.#fire(this.#nodes.get(connectionId) ?? parent);
    } else {
      await this.#loaded.listing(connectionId, repository).showMore(pageSize(), this.#viewOptions(parent.id));
      this.#fire(parent);
    }
  }

  filterOf(node: RepositoryNode): string {
    return this.#filters.get(node.id) ?? '';
  }

  setFilter(node: RepositoryNode, filter: string): void {
    if (filter) this.#filters.set(node.id, filter);
    else this.#filters.delete(node.id);
    this.#fire(node);
  }

  /** What is known of a tag that is shown. */
  detailsOf(node: TagNode): TagDetails | undefined {
    return this.#listingOf(node)?.details(node.tag);
  }

  /** The node of a repository, for reveal and for the palette; made even if it was not shown yet. */
  repositoryNode(connectionId: string, repository: string): RepositoryNode | undefined {
    const connection = this.#settings.get(connectionId);
    if (!connection) return undefined;
    const registry = this.#known(registryNode(connection));
    const slash = repository.lastIndexOf('/');
    const parent =
      slash > 0 ? this.#known(namespaceNode(registry, connectionId, repository.slice(0, slash))) : registry;
    return this.#known(repositoryNode(parent, connection, repository));
  }

  /** The node of a tag, for reveal and for the palette. */
  tagNode(connectionId: string, repository: string, tag: string): TagNode | undefined {
    const parent = this.repositoryNode(connectionId, repository);
    return parent && this.#known(tagNode(parent, connectionId, repository, tag));
  }

  /** Every connection as the search needs it. */
  searchSources(): SearchSource[] {
    return this.#settings
      .connections()
      .map((connection) =>
        this.#loaded.searchSource(connection, tryCreateEndpoint(connection)?.referenceHost ?? connection.url),
      );
  }

  /**
   * The node of a repository or tag that is known to be there, shown from now on: also where its page is not loaded
   * yet, and where a filter would hide it.
   */
  showNode(connectionId: string, repository: string, tag?: string): RepositoryNode | TagNode | undefined {
    const node = this.repositoryNode(connectionId, repository);
    if (!node) return undefined;
    const catalog = this.#loaded.catalog(connectionId);
    if (!node.pinned && !catalog.names.has(repository)) {
      catalog.include(repository);
      this.#fireHeld(connectionId);
      if (node.parent) this.#fireHeld(node.parent.id);
    }
    if (tag === undefined) return node;
    this.#filters.delete(node.id);
    this.#loaded.listing(connectionId, repository).include(tag);
    this.#fireHeld(node.id);
    return this.tagNode(connectionId, repository, tag);
  }

  registryNodes(): RegistryNode[] {
    return this.#settings.connections().map((connection) => this.#known(registryNode(connection)));
  }

  /** Names of repositories loaded or pinned, for pickers; loads the first page when nothing is loaded. */
  async repositoryNames(connectionId: string, signal: AbortSignal): Promise<string[]> {
    const list = await this.#loaded.catalog(connectionId).load(signal);
    const pinned = this.#settings.get(connectionId)?.repositories ?? [];
    return [...new Set([...pinned, ...list.names])].sort((a, b) => a.localeCompare(b, 'en'));
  }

  #onSettingsChanged(): void {
    const list = this.#settings.list();
    setContextKey('berth.connectionCount', list.length);
    const known = new Set(list.map(({ id }) => id));
    for (const id of this.#loaded.connectionIds().filter((each) => !known.has(each))) this.#remove(id);
    // The nodes hold the connections as they were; all are read again.
    this.#nodes.clear();
    this.#fireAll();
  }

  #roots(): RegistriesNode[] {
    return this.#settings
      .list()
      .map((entry) =>
        this.#keep(
          isInvalidConnection(entry)
            ? { kind: 'invalidConnection', id: entry.id, parent: undefined, invalid: entry }
            : registryNode(entry),
        ),
      );
  }

  #isBelowFailure({ parent }: RegistriesNode): boolean {
    return parent !== undefined && (this.#failed.has(parent.id) || this.#isBelowFailure(parent));
  }

  #lastChildren(node: RegistriesNode): RegistriesNode[] {
    return this.#lastGood.get(node.id) ?? [];
  }

  #viewOptions(repositoryNodeId: string): TagViewOptions {
    const tags = vscode.workspace.getConfiguration('berth.tags');
    return {
      sortBy: tags.get<TagOrder>('sortBy', 'version'),
      filter: this.#filters.get(repositoryNodeId) ?? '',
      showAttachments: tags.get<boolean>('showAttachments', false),
    };
  }

  #stateOf(node: RegistriesNode): TreeState {
    if (node.kind === 'tag') {
      const listing = this.#listingOf(node);
      const details = listing?.details(node.tag);
      const verification = details && this.#verifications.verified({ ...node, digest: details.digest });
      return {
        ...(details && { details }),
        ...(verification && { verification }),
        detailsFailed: listing?.detailsFailed(node.tag) ?? false,
        hasWebPage: this.#hasWebPage(node),
      };
    }
    if (node.kind === 'referrers') {
      const verification = this.#verifications.verified({ ...node, digest: node.subject });
      return { ...(verification && { verification }) };
    }
    if (node.kind === 'referrer') {
      const checked = this.#verifications.outcomeOf({ ...node, digest: node.subject }, node.document);
      return { ...(checked && { checked }) };
    }
    if (node.kind === 'repository') {
      const capabilities = this.#capabilities.known(node);
      return { filter: this.filterOf(node), hasWebPage: this.#hasWebPage(node), capabilities };
    }
    if (node.kind === 'registry' || node.kind === 'namespace') {
      const connection = this.#settings.get(node.connectionId);
      return { canCreateRepository: connection !== undefined && createsRepositories(connection) };
    }
    return {};
  }

  #listingOf({ connectionId, repository }: RepositoryNode | TagNode): RepositoryListing | undefined {
    return this.#loaded.knownListing(connectionId, repository);
  }

  /** Nodes that show what is known of the signatures of `image`. */
  #nodesOfImage(image: ImageDigest): RegistriesNode[] {
    return [...this.#nodes.values()].filter((node) => {
      if (!('repository' in node) || node.connectionId !== image.connectionId) return false;
      if (node.repository !== image.repository) return false;
      if (node.kind === 'tag') return this.detailsOf(node)?.digest === image.digest;
      return (node.kind === 'referrers' || node.kind === 'referrer') && node.subject === image.digest;
    });
  }

  #hasWebPage({ connectionId, repository }: RepositoryNode | TagNode): boolean {
    return this.#loaded.knownProvider(connectionId)?.webUrl(repository) !== undefined;
  }

  /** Drops what is loaded for the node `id` and everything below it. */
  #forget(id: string): void {
    this.#renew((key) => isAtOrBelow(key, id));
  }

  /** Drops everything of a connection that is gone: one added under its id later is another. */
  #remove(connectionId: string): void {
    this.#forget(connectionId);
    this.#loaded.remove(connectionId);
    for (const known of [this.#lastGood, this.#failed]) {
      for (const id of known.keys()) if (isAtOrBelow(id, connectionId)) known.delete(id);
    }
  }

  #renew(matches: (id: string) => boolean): void {
    this.#loaded.renew(matches);
    for (const [key, controller] of this.#reading) {
      if (!matches(key)) continue;
      controller.abort(OUTDATED);
      this.#answers.delete(key);
    }
    for (const id of this.#fresh) if (matches(id)) this.#fresh.delete(id);
  }

  #keep<Node extends RegistriesNode>(node: Node): Node {
    this.#nodes.set(node.id, node);
    return node;
  }

  /** The node VS Code holds, where there is one: events must name that very object. */
  #known<Node extends RegistriesNode>(node: Node): Node {
    return (this.#nodes.get(node.id) as Node | undefined) ?? this.#keep(node);
  }

  /** Has the rows drawn anew, and nothing read. */
  #repaint(...nodes: RegistriesNode[]): void {
    for (const { id } of nodes) this.#repainted.add(id);
    this.#announce(nodes);
  }

  /** Has the nodes and what is below them read anew. */
  #fire(...nodes: RegistriesNode[]): void {
    for (const { id } of nodes) {
      this.#fresh.delete(id);
      this.#answers.delete(id);
    }
    this.#announce(nodes);
  }

  #fireAll(): void {
    this.#fresh.clear();
    this.#answers.clear();
    this.#changed.fire(undefined);
  }

  #announce(nodes: readonly RegistriesNode[]): void {
    if (nodes.length > 0) this.#changed.fire(nodes.map((node) => this.#nodes.get(node.id) ?? node));
  }

  /** The same for a node that may not be there. */
  #fireHeld(id: string): void {
    const node = this.#nodes.get(id);
    if (node) this.#fire(node);
  }

  /** The open session of a node, for commands. */
  async session(node: { readonly connectionId: string }): Promise<RegistrySession> {
    return this.#sessions.open(node.connectionId);
  }
}

/** Why a reading was ended that is to be done anew. */
const OUTDATED = 'outdated';

function pageSize(): number {
  return vscode.workspace.getConfiguration('berth').get<number>('pageSize', 100);
}

/** Key under which the loading of more below the node `id` runs. */
function moreKey(id: string): string {
  return `${id}\nmore`;
}
