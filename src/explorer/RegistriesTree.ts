/**
 * The Registries view: registry → namespace → repository → tag → platforms, layers, referrers. Everything is read
 * when it is opened and stops being read when it is closed; a failure is one node where it happened.
 */
import * as vscode from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Digest } from '../core/oci/digest.ts';
import { isUnknownPlatform } from '../core/oci/platform.ts';
import type { TagOrder } from '../core/oci/tagOrder.ts';
import type { RegistryProvider, TagDetails } from '../core/providers/RegistryProvider.ts';
import { listAllReferrers } from '../core/registry/listAllReferrers.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import { isInvalidConnection, type Connection } from '../platform/Connection.ts';
import type { RegistrySession } from '../platform/RegistrySession.ts';
import type { RegistrySessions } from '../platform/RegistrySessions.ts';
import { setContextKey } from '../platform/ContextKeys.ts';
import {
  errorNode,
  layerNodes,
  messageNode,
  namespaceNode,
  platformNode,
  referrerNodes,
  registryNode,
  repositoryId,
  tagId,
  tagNode,
} from './createNodes.ts';
import type {
  NamespaceNode,
  PlatformNode,
  RegistriesNode,
  RegistryNode,
  RepositoryNode,
  TagNode,
} from './nodes.ts';
import { RepositoryCatalog } from './RepositoryCatalog.ts';
import { RepositoryListing, type TagViewOptions } from './RepositoryListing.ts';
import { toTreeItem, type TreeState } from './toTreeItem.ts';

export class RegistriesTree implements vscode.TreeDataProvider<RegistriesNode>, vscode.Disposable {
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #logger: Logger;
  readonly #changed = new vscode.EventEmitter<RegistriesNode[] | undefined>();
  readonly #subscriptions: vscode.Disposable[];
  /** The node objects VS Code holds, by id: an event must name the very object. */
  readonly #nodes = new Map<string, RegistriesNode>();
  readonly #catalogs = new Map<string, RepositoryCatalog>();
  readonly #listings = new Map<string, RepositoryListing>();
  /** Of the connections that were opened, for what needs no answer from the registry. */
  readonly #providers = new Map<string, RegistryProvider>();
  /** What a node showed last, kept for when reading it anew fails. */
  readonly #lastGood = new Map<string, RegistriesNode[]>();
  /** Nodes that could not be read the last time. */
  readonly #failed = new Set<string>();
  readonly #filters = new Map<string, string>();
  /** One controller a node that is being read; aborted when it is closed. */
  readonly #reading = new Map<string, AbortController>();
  /** Closed before they were read. */
  readonly #interrupted = new Set<string>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(settings: ConnectionSettings, sessions: RegistrySessions, logger: Logger) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#logger = logger;
    this.#subscriptions = [
      settings.onDidChange(() => this.#onSettingsChanged()),
      sessions.onDidChangeConnection((connectionId) => this.refreshConnection(connectionId)),
      sessions.onDidChangeRepository(({ connectionId, repository, removedTags }) =>
        this.refreshRepository(connectionId, repository, removedTags),
      ),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('berth.tags') || event.affectsConfiguration('berth.pageSize')) {
          this.#changed.fire(undefined);
        }
      }),
    ];
    setContextKey('berth.connectionCount', settings.list().length);
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
    for (const listing of this.#listings.values()) listing.stop();
    for (const controller of this.#reading.values()) controller.abort();
    this.#changed.dispose();
  }

  getTreeItem(node: RegistriesNode): vscode.TreeItem {
    return toTreeItem(node, this.#stateOf(node));
  }

  getParent(node: RegistriesNode): RegistriesNode | undefined {
    return node.parent;
  }

  async getChildren(node?: RegistriesNode): Promise<RegistriesNode[]> {
    if (!node) return this.#roots();
    const controller = new AbortController();
    this.#reading.get(node.id)?.abort();
    this.#reading.set(node.id, controller);
    this.#interrupted.delete(node.id);
    const { signal } = controller;
    try {
      const children = await this.#read(node, signal);
      if (signal.aborted) return this.#lastChildren(node);
      this.#lastGood.set(
        node.id,
        children.map((child) => this.#keep(child)),
      );
      this.#failed.delete(node.id);
      return children;
    } catch (error) {
      if (signal.aborted || isCoreError(error, 'cancelled')) return this.#lastChildren(node);
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

  /** A closed node stops its requests. */
  onDidCollapse(node: RegistriesNode): void {
    const running = this.#reading.get(node.id);
    running?.abort();
    this.#reading.get(moreKey(node.id))?.abort();
    const wasBusy = (node.kind === 'repository' && this.#listings.get(node.id)?.stop()) || running;
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
    this.#changed.fire(undefined);
  }

  refreshConnection(connectionId: string): void {
    this.#forget(connectionId);
    const node = this.#nodes.get(connectionId);
    if (node) this.#fire(node);
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
      this.#listings.get(repositoryId(node.connectionId, node.repository))?.refreshDetails(node.tag);
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
        await this.#catalog(connectionId).loadMore(controller.signal);
      } finally {
        if (this.#reading.get(key) === controller) this.#reading.delete(key);
      }
      this.#fire(this.#nodes.get(connectionId) ?? parent);
    } else {
      await this.#listing(connectionId, repository).showMore(pageSize(), this.#viewOptions(parent.id));
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
    return this.#listings.get(repositoryId(node.connectionId, node.repository))?.details(node.tag);
  }

  /** The node of a repository, for reveal and for the palette; made even if it was not shown yet. */
  repositoryNode(connectionId: string, repository: string): RepositoryNode | undefined {
    const connection = this.#settings.get(connectionId);
    if (!connection) return undefined;
    const registry = this.#known(registryNode(connection));
    const slash = repository.lastIndexOf('/');
    const parent =
      slash > 0 ? this.#known(namespaceNode(registry, connectionId, repository.slice(0, slash))) : registry;
    return this.#known(this.#repositoryNode(parent, connection, repository));
  }

  /** The node of a tag, for reveal and for the palette. */
  tagNode(connectionId: string, repository: string, tag: string): TagNode | undefined {
    const parent = this.repositoryNode(connectionId, repository);
    return parent && this.#known(tagNode(parent, connectionId, repository, tag));
  }

  registryNodes(): RegistryNode[] {
    return this.#settings.connections().map((connection) => this.#known(registryNode(connection)));
  }

  /** Names of repositories loaded or pinned, for pickers; loads the first page when nothing is loaded. */
  async repositoryNames(connectionId: string, signal: AbortSignal): Promise<string[]> {
    const list = await this.#catalog(connectionId).load(signal);
    const pinned = this.#settings.get(connectionId)?.repositories ?? [];
    return [...new Set([...pinned, ...list.names])].sort((a, b) => a.localeCompare(b, 'en'));
  }

  #onSettingsChanged(): void {
    const list = this.#settings.list();
    setContextKey('berth.connectionCount', list.length);
    const known = new Set(list.map(({ id }) => id));
    for (const id of [...this.#catalogs.keys()].filter((each) => !known.has(each))) this.#remove(id);
    // The nodes hold the connections as they were; all are read again.
    this.#nodes.clear();
    this.#changed.fire(undefined);
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

  async #read(node: RegistriesNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    switch (node.kind) {
      case 'registry':
        return this.#readRegistry(node, signal);
      case 'namespace':
        return this.#readNamespace(node, signal);
      case 'repository':
        return this.#readRepository(node, signal);
      case 'tag':
        return this.#readManifest(node, node.tag, signal);
      case 'platform':
        return this.#readManifest(node, node.descriptor.digest, signal);
      case 'layers':
        return layerNodes(node);
      case 'referrers':
        return referrerNodes(node);
      default:
        return [];
    }
  }

  async #readRegistry(node: RegistryNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const { connection, connectionId } = node;
    const list = await this.#catalog(connectionId).load(signal);
    const names = [...new Set([...connection.repositories, ...list.names])];
    const namespaces = new Set<string>();
    const direct: string[] = [];
    for (const name of names) {
      const slash = name.lastIndexOf('/');
      if (slash > 0) namespaces.add(name.slice(0, slash));
      else direct.push(name);
    }
    const children: RegistriesNode[] = [
      ...[...namespaces]
        .sort(byName)
        .map((namespace): NamespaceNode => namespaceNode(node, connectionId, namespace)),
      ...direct.sort(byName).map((name) => this.#repositoryNode(node, connection, name)),
    ];
    if (list.refusal !== undefined) {
      if (names.length === 0) return [errorNode(node, list.refusal)];
      children.push(
        messageNode(node, vscode.l10n.t('Only pinned repositories: this registry does not list the others')),
      );
    }
    if (names.length === 0 && list.refusal === undefined) {
      return [messageNode(node, vscode.l10n.t('No repositories yet: push an image to create one'))];
    }
    children.push(...this.#moreRepositories(node, connectionId, list));
    return children;
  }

  async #readNamespace(node: NamespaceNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const connection = this.#settings.get(node.connectionId);
    if (!connection) return [];
    const list = await this.#catalog(node.connectionId).load(signal);
    const prefix = `${node.namespace}/`;
    const names = [...new Set([...connection.repositories, ...list.names])].filter(
      (name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('/'),
    );
    return [
      ...names.sort(byName).map((name) => this.#repositoryNode(node, connection, name)),
      ...this.#moreRepositories(node, node.connectionId, list),
    ];
  }

  #moreRepositories(parent: RegistriesNode, connectionId: string, list: RepositoryCatalog): RegistriesNode[] {
    if (list.truncated) {
      return [messageNode(parent, vscode.l10n.t('The registry’s list of repositories breaks off here'))];
    }
    return !list.hasMorePages
      ? []
      : [
          {
            kind: 'loadMore',
            id: `${parent.id}\nmore`,
            parent,
            connectionId,
            repository: undefined,
            shown: list.names.size,
            total: undefined,
          },
        ];
  }

  #catalog(connectionId: string): RepositoryCatalog {
    const existing = this.#catalogs.get(connectionId);
    if (existing) return existing;
    const catalog = new RepositoryCatalog({
      open: () => this.#openProvider(connectionId),
      hasPins: () => (this.#settings.get(connectionId)?.repositories ?? []).length > 0,
    });
    this.#catalogs.set(connectionId, catalog);
    return catalog;
  }

  async #readRepository(node: RepositoryNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const listing = this.#listing(node.connectionId, node.repository);
    const options = this.#viewOptions(node.id);
    const stop = () => void listing.stop();
    signal.addEventListener('abort', stop, { once: true });
    const view = await listing.view(options).finally(() => signal.removeEventListener('abort', stop));
    if (view.tags.length === 0) {
      return [
        messageNode(
          node,
          options.filter ? vscode.l10n.t('No tag matches "{0}"', options.filter) : vscode.l10n.t('No tags'),
        ),
      ];
    }
    listing.requestDetails(view.tags);
    const children: RegistriesNode[] = view.tags.map((tag) =>
      tagNode(node, node.connectionId, node.repository, tag),
    );
    if (view.truncated) {
      children.push(messageNode(node, vscode.l10n.t('The registry’s list of tags breaks off here')));
    }
    if (view.matching > view.tags.length || view.hasMorePages) {
      children.push({
        kind: 'loadMore',
        id: `${node.id}\nmore`,
        parent: node,
        connectionId: node.connectionId,
        repository: node.repository,
        shown: view.tags.length,
        total: view.hasMorePages ? undefined : view.matching,
      });
    }
    return children;
  }

  async #readManifest(
    node: TagNode | PlatformNode,
    reference: string,
    signal: AbortSignal,
  ): Promise<RegistriesNode[]> {
    const { client } = await this.#sessions.open(node.connectionId);
    const { connectionId, repository } = node;
    const manifest = await client.getManifest(repository, reference, signal);
    const children: RegistriesNode[] = [];
    const attestations: Descriptor[] = [];
    if (manifest.kind === 'index') {
      for (const [position, descriptor] of manifest.manifests.entries()) {
        if (isUnknownPlatform(descriptor.platform)) attestations.push(descriptor);
        else children.push(platformNode(node, descriptor, position));
      }
    } else if (manifest.layers.length > 0) {
      children.push({
        kind: 'layers',
        id: `${node.id}\nlayers`,
        parent: node,
        connectionId,
        layers: manifest.layers,
      });
    }
    const referrers = await this.#referrers(node, manifest.digest, attestations, signal);
    if (referrers.length > 0) {
      children.push({
        kind: 'referrers',
        id: `${node.id}\nreferrers`,
        parent: node,
        connectionId,
        repository,
        referrers,
      });
    }
    return children.length > 0 ? children : [messageNode(node, vscode.l10n.t('No layers'))];
  }

  /** Referrers, cosign's tags and BuildKit's attestations of one manifest, each digest once. */
  async #referrers(
    node: TagNode | PlatformNode,
    digest: Digest,
    attestations: readonly Descriptor[],
    signal: AbortSignal,
  ): Promise<Descriptor[]> {
    const { client } = await this.#sessions.open(node.connectionId);
    const listed = await listAllReferrers(client, node.repository, digest, signal);
    const byDigest = new Map<string, Descriptor>();
    for (const descriptor of [...listed, ...attestations]) {
      if (!byDigest.has(descriptor.digest)) byDigest.set(descriptor.digest, descriptor);
    }
    return [...byDigest.values()];
  }

  #listing(connectionId: string, repository: string): RepositoryListing {
    const id = repositoryId(connectionId, repository);
    const existing = this.#listings.get(id);
    if (existing) return existing;
    const provider = () => this.#openProvider(connectionId);
    const listing = new RepositoryListing(
      {
        listTags: async (...request) => (await provider()).listTags(...request),
        getTagDetails: async (...request) => (await provider()).getTagDetails(...request),
      },
      repository,
      pageSize(),
      // One event for all that arrived, naming only rows that are there.
      (tags) => this.#fire(...tags.flatMap((tag) => this.#nodes.get(tagId(id, tag)) ?? [])),
    );
    this.#listings.set(id, listing);
    return listing;
  }

  async #openProvider(connectionId: string): Promise<RegistryProvider> {
    const { provider } = await this.#sessions.open(connectionId);
    this.#providers.set(connectionId, provider);
    return provider;
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
      const listing = this.#listings.get(repositoryId(node.connectionId, node.repository));
      const details = listing?.details(node.tag);
      return {
        ...(details && { details }),
        detailsFailed: listing?.detailsFailed(node.tag) ?? false,
        hasWebPage: this.#hasWebPage(node),
      };
    }
    if (node.kind === 'repository') {
      return { filter: this.filterOf(node), hasWebPage: this.#hasWebPage(node) };
    }
    return {};
  }

  #hasWebPage({ connectionId, repository }: RepositoryNode | TagNode): boolean {
    return this.#providers.get(connectionId)?.webUrl(repository) !== undefined;
  }

  /** Drops what is loaded for the node `id` and everything below it. */
  #forget(id: string): void {
    this.#renew((key) => isBelow(key, id));
  }

  /** Drops everything of a connection that is gone: one added under its id later is another. */
  #remove(connectionId: string): void {
    this.#forget(connectionId);
    for (const map of [this.#catalogs, this.#listings, this.#lastGood, this.#providers]) {
      for (const key of map.keys()) if (isBelow(key, connectionId)) map.delete(key);
    }
    for (const id of this.#failed) if (isBelow(id, connectionId)) this.#failed.delete(id);
  }

  #renew(matches: (id: string) => boolean): void {
    for (const [key, catalog] of this.#catalogs) if (matches(key)) this.#catalogs.set(key, catalog.renew());
    for (const [key, listing] of this.#listings) if (matches(key)) this.#listings.set(key, listing.renew());
    for (const [key, controller] of this.#reading) if (matches(key)) controller.abort();
  }

  #repositoryNode(parent: RegistriesNode, connection: Connection, repository: string): RepositoryNode {
    return {
      kind: 'repository',
      id: repositoryId(connection.id, repository),
      parent,
      connectionId: connection.id,
      repository,
      pinned: connection.repositories.includes(repository),
    };
  }

  #keep<Node extends RegistriesNode>(node: Node): Node {
    this.#nodes.set(node.id, node);
    return node;
  }

  /** The node VS Code holds, where there is one: events must name that very object. */
  #known<Node extends RegistriesNode>(node: Node): Node {
    return (this.#nodes.get(node.id) as Node | undefined) ?? this.#keep(node);
  }

  #fire(...nodes: RegistriesNode[]): void {
    if (nodes.length > 0) this.#changed.fire(nodes.map((node) => this.#nodes.get(node.id) ?? node));
  }

  /** The open session of a node, for commands. */
  async session(node: { readonly connectionId: string }): Promise<RegistrySession> {
    return this.#sessions.open(node.connectionId);
  }
}

function pageSize(): number {
  return vscode.workspace.getConfiguration('berth').get<number>('pageSize', 100);
}

const collator = new Intl.Collator('en', { numeric: true });
function byName(a: string, b: string): number {
  return collator.compare(a, b);
}

/** Key under which the loading of more below the node `id` runs. */
function moreKey(id: string): string {
  return `${id}\nmore`;
}

function isBelow(id: string, ancestor: string): boolean {
  return id === ancestor || id.startsWith(`${ancestor}\n`);
}
