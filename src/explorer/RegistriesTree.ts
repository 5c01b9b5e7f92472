/**
 * The Registries view: registry → namespace → repository → tag → platforms, layers, referrers. Everything is read
 * when it is opened and stops being read when it is closed; a failure is one node where it happened.
 */
import * as vscode from 'vscode';
import { CoreError, isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Digest } from '../core/oci/digest.ts';
import { formatPlatform, isUnknownPlatform } from '../core/oci/platform.ts';
import type { TagOrder } from '../core/oci/tagOrder.ts';
import type { RegistryProvider, TagDetails } from '../core/providers/RegistryProvider.ts';
import { listAllReferrers } from '../core/registry/listAllReferrers.ts';
import type { Page } from '../core/registry/Page.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import { isInvalidConnection, type Connection } from '../platform/Connection.ts';
import type { RegistrySession } from '../platform/RegistrySession.ts';
import type { RegistrySessions } from '../platform/RegistrySessions.ts';
import { setContextKey } from '../platform/ContextKeys.ts';
import type {
  LayersNode,
  NamespaceNode,
  PlatformNode,
  ReferrersNode,
  RegistriesNode,
  RegistryNode,
  RepositoryNode,
  TagNode,
} from './nodes.ts';
import { RepositoryListing, type TagViewOptions } from './RepositoryListing.ts';
import { toTreeItem, type TreeState } from './toTreeItem.ts';

/** Repositories of one connection, as far as they are loaded. */
interface RepositoryList {
  readonly names: ReadonlySet<string>;
  readonly cursor: string | undefined;
  readonly truncated: boolean;
  /** Set where the registry refuses to list: pinned repositories are shown all the same. */
  readonly refusal: unknown;
}

export class RegistriesTree implements vscode.TreeDataProvider<RegistriesNode>, vscode.Disposable {
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #logger: Logger;
  readonly #changed = new vscode.EventEmitter<RegistriesNode[] | undefined>();
  readonly #subscriptions: vscode.Disposable[];
  /** The node objects VS Code holds, by id: an event must name the very object. */
  readonly #nodes = new Map<string, RegistriesNode>();
  readonly #repositories = new Map<string, RepositoryList>();
  readonly #listings = new Map<string, RepositoryListing>();
  /** Of the connections that were opened, for what needs no answer from the registry. */
  readonly #providers = new Map<string, RegistryProvider>();
  /** What a node showed last, kept for when reading it anew fails. */
  readonly #lastGood = new Map<string, RegistriesNode[]>();
  readonly #filters = new Map<string, string>();
  /** One controller a node that is being read; aborted when it is closed. */
  readonly #reading = new Map<string, AbortController>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(settings: ConnectionSettings, sessions: RegistrySessions, logger: Logger) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#logger = logger;
    this.#subscriptions = [
      settings.onDidChange(() => this.#onSettingsChanged()),
      sessions.onDidChangeConnection((connectionId) => this.refreshConnection(connectionId)),
      sessions.onDidChangeRepository(({ connectionId, repository }) =>
        this.refreshRepository(connectionId, repository),
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
    try {
      const children = (await this.#read(node, controller.signal)).map((child) => this.#keep(child));
      this.#lastGood.set(node.id, children);
      return children;
    } catch (error) {
      if (controller.signal.aborted || isCoreError(error, 'cancelled')) {
        return this.#lastGood.get(node.id) ?? [];
      }
      this.#logger.warn(`${node.id}: ${String(error)}`);
      // The last good tree stays, under the node that says why it could not be read anew.
      return [this.#keep(errorNode(node, error)), ...(this.#lastGood.get(node.id) ?? [])];
    } finally {
      if (this.#reading.get(node.id) === controller) this.#reading.delete(node.id);
    }
  }

  /** A closed node stops its requests; opening it again goes on where it was. */
  onDidCollapse(node: RegistriesNode): void {
    this.#reading.get(node.id)?.abort();
    if (node.kind === 'repository') this.#listings.get(node.id)?.stop();
  }

  refreshAll(): void {
    for (const { connectionId } of this.registryNodes()) this.#forget(connectionId);
    for (const { id } of this.#settings.connections()) this.#sessions.reset(id);
    this.#changed.fire(undefined);
  }

  refreshConnection(connectionId: string): void {
    this.#forget(connectionId);
    const node = this.#nodes.get(connectionId);
    if (node) this.#changed.fire([node]);
  }

  refreshRepository(connectionId: string, repository: string): void {
    const node = this.#nodes.get(repositoryId(connectionId, repository));
    if (!node) {
      // A repository that was just created is not in the list yet.
      this.refreshConnection(connectionId);
      return;
    }
    this.#forget(node.id);
    this.#changed.fire([node]);
  }

  /** Reads one node anew. */
  refreshNode(node: RegistriesNode): void {
    if (node.kind === 'namespace') {
      this.refreshConnection(node.connectionId);
      return;
    }
    this.#forget(node.id);
    this.#changed.fire([node]);
  }

  async loadMore(node: RegistriesNode): Promise<void> {
    if (node.kind !== 'loadMore' || !node.parent) return;
    const { connectionId, repository, parent } = node;
    if (repository === undefined) {
      await this.#loadRepositories(connectionId, new AbortController().signal, true);
      const registry = this.#nodes.get(connectionId);
      this.#changed.fire(registry ? [registry] : undefined);
    } else {
      const listing = await this.#listing(connectionId, repository);
      await listing.showMore(pageSize(), this.#viewOptions(parent.id));
      this.#changed.fire([parent]);
    }
  }

  filterOf(node: RepositoryNode): string {
    return this.#filters.get(node.id) ?? '';
  }

  setFilter(node: RepositoryNode, filter: string): void {
    if (filter) this.#filters.set(node.id, filter);
    else this.#filters.delete(node.id);
    this.#changed.fire([node]);
  }

  /** What is known of a tag that is shown. */
  detailsOf(node: TagNode): TagDetails | undefined {
    return this.#listings.get(repositoryId(node.connectionId, node.repository))?.details(node.tag);
  }

  /** The node of a repository, for reveal and for the palette; made even if it was not shown yet. */
  repositoryNode(connectionId: string, repository: string): RepositoryNode | undefined {
    const connection = this.#settings.get(connectionId);
    if (!connection) return undefined;
    const shown = this.#nodes.get(repositoryId(connectionId, repository));
    if (shown?.kind === 'repository') return shown;
    const registry = this.#keep(registryNode(connection));
    const slash = repository.lastIndexOf('/');
    const parent =
      slash > 0 ? this.#keep(namespaceNode(registry, connectionId, repository.slice(0, slash))) : registry;
    return this.#keep(this.#repositoryNode(parent, connection, repository));
  }

  /** The node of a tag, for reveal and for the palette. */
  tagNode(connectionId: string, repository: string, tag: string): TagNode | undefined {
    const parent = this.repositoryNode(connectionId, repository);
    return parent && this.#keep(tagNode(parent, connectionId, repository, tag));
  }

  registryNodes(): RegistryNode[] {
    return this.#settings.connections().map((connection) => this.#keep(registryNode(connection)));
  }

  /** Names of repositories loaded or pinned, for pickers; loads the first page when nothing is loaded. */
  async repositoryNames(connectionId: string, signal: AbortSignal): Promise<string[]> {
    const list = await this.#loadRepositories(connectionId, signal, false);
    const pinned = this.#settings.get(connectionId)?.repositories ?? [];
    return [...new Set([...pinned, ...list.names])].sort((a, b) => a.localeCompare(b, 'en'));
  }

  #onSettingsChanged(): void {
    const list = this.#settings.list();
    setContextKey('berth.connectionCount', list.length);
    const known = new Set(list.map(({ id }) => id));
    for (const id of this.#repositories.keys()) if (!known.has(id)) this.#forget(id);
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
    const list = await this.#loadRepositories(connectionId, signal, false);
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
        message(node, vscode.l10n.t('Only pinned repositories: this registry does not list the others')),
      );
    }
    if (names.length === 0 && list.refusal === undefined) {
      return [message(node, vscode.l10n.t('No repositories yet: push an image to create one'))];
    }
    children.push(...this.#moreRepositories(node, connectionId, list));
    return children;
  }

  async #readNamespace(node: NamespaceNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const connection = this.#settings.get(node.connectionId);
    if (!connection) return [];
    const list = await this.#loadRepositories(node.connectionId, signal, false);
    const prefix = `${node.namespace}/`;
    const names = [...new Set([...connection.repositories, ...list.names])].filter(
      (name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('/'),
    );
    return [
      ...names.sort(byName).map((name) => this.#repositoryNode(node, connection, name)),
      ...this.#moreRepositories(node, node.connectionId, list),
    ];
  }

  #moreRepositories(parent: RegistriesNode, connectionId: string, list: RepositoryList): RegistriesNode[] {
    if (list.truncated) {
      return [message(parent, vscode.l10n.t('The registry’s list of repositories breaks off here'))];
    }
    return list.cursor === undefined
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

  async #loadRepositories(connectionId: string, signal: AbortSignal, next: boolean): Promise<RepositoryList> {
    const known = this.#repositories.get(connectionId);
    if (known && (!next || known.cursor === undefined)) return known;
    const { provider } = await this.#sessions.open(connectionId);
    this.#providers.set(connectionId, provider);
    let page: Page<string> = { items: [] };
    let refusal: unknown;
    if (provider.capabilities.listsRepositories) {
      try {
        page = await provider.listRepositories(known?.cursor, signal);
      } catch (error) {
        // Pinned repositories keep the tree useful where the catalog is refused.
        const pins = this.#settings.get(connectionId)?.repositories ?? [];
        if (isCoreError(error, 'unsupported', 'notFound')) refusal = error;
        else if (pins.length > 0 && isCoreError(error, 'unauthorized', 'forbidden')) refusal = error;
        else throw error;
      }
    } else {
      refusal = new CoreError('unsupported', 'this registry has no list of repositories', {
        host: provider.client.endpoint.host,
        reason: 'noCatalog',
      });
    }
    const list: RepositoryList = {
      names: new Set([...(known?.names ?? []), ...page.items]),
      cursor: page.nextCursor,
      truncated: page.truncated ?? false,
      refusal,
    };
    if (!signal.aborted) this.#repositories.set(connectionId, list);
    return list;
  }

  async #readRepository(node: RepositoryNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const listing = await this.#listing(node.connectionId, node.repository);
    const stop = () => listing.stop();
    signal.addEventListener('abort', stop, { once: true });
    const options = this.#viewOptions(node.id);
    const view = await listing.view(options).finally(() => signal.removeEventListener('abort', stop));
    if (view.tags.length === 0) {
      return [
        message(
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
      children.push(message(node, vscode.l10n.t('The registry’s list of tags breaks off here')));
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
      for (const descriptor of manifest.manifests) {
        if (isUnknownPlatform(descriptor.platform)) attestations.push(descriptor);
        else children.push(platformNode(node, descriptor));
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
    return children.length > 0 ? children : [message(node, vscode.l10n.t('No layers'))];
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

  async #listing(connectionId: string, repository: string): Promise<RepositoryListing> {
    const id = repositoryId(connectionId, repository);
    const existing = this.#listings.get(id);
    if (existing) return existing;
    const { provider } = await this.#sessions.open(connectionId);
    const again = this.#listings.get(id);
    if (again) return again;
    const listing = new RepositoryListing(provider, repository, pageSize(), (tags) => {
      // One event for all that arrived, naming only rows that are there.
      const rows = tags.flatMap((tag) => this.#nodes.get(tagId(id, tag)) ?? []);
      if (rows.length > 0 && this.#listings.get(id) === listing) this.#changed.fire(rows);
    });
    this.#listings.set(id, listing);
    return listing;
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
    const below = (key: string): boolean => key === id || key.startsWith(`${id}\n`);
    for (const key of this.#repositories.keys()) if (below(key)) this.#repositories.delete(key);
    for (const [key, listing] of this.#listings) {
      if (!below(key)) continue;
      listing.stop();
      this.#listings.delete(key);
    }
    for (const [key, controller] of this.#reading) if (below(key)) controller.abort();
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

/** Ids join their parts by a line break, which no name can hold. */
export function repositoryId(connectionId: string, repository: string): string {
  return `${connectionId}\nrepository\n${repository}`;
}

function tagId(repositoryNodeId: string, tag: string): string {
  return `${repositoryNodeId}\ntag\n${tag}`;
}

function registryNode(connection: Connection): RegistryNode {
  return {
    kind: 'registry',
    id: connection.id,
    parent: undefined,
    connectionId: connection.id,
    connection,
  };
}

function namespaceNode(parent: RegistriesNode, connectionId: string, namespace: string): NamespaceNode {
  return {
    kind: 'namespace',
    id: `${connectionId}\nnamespace\n${namespace}`,
    parent,
    connectionId,
    namespace,
  };
}

function tagNode(parent: RegistriesNode, connectionId: string, repository: string, tag: string): TagNode {
  return {
    kind: 'tag',
    id: tagId(repositoryId(connectionId, repository), tag),
    parent,
    connectionId,
    repository,
    tag,
  };
}

function platformNode(parent: TagNode | PlatformNode, descriptor: Descriptor): PlatformNode {
  return {
    kind: 'platform',
    id: `${parent.id}\nplatform\n${descriptor.digest}`,
    parent,
    connectionId: parent.connectionId,
    repository: parent.repository,
    tag: parent.tag,
    label: descriptor.platform
      ? formatPlatform(descriptor.platform)
      : (descriptor.artifactType ?? descriptor.mediaType),
    descriptor,
  };
}

function layerNodes(parent: LayersNode): RegistriesNode[] {
  return parent.layers.map((descriptor, index) => ({
    kind: 'layer',
    // The same layer may stand in an image twice.
    id: `${parent.id}\n${index}`,
    parent,
    connectionId: parent.connectionId,
    position: index + 1,
    descriptor,
  }));
}

function referrerNodes(parent: ReferrersNode): RegistriesNode[] {
  return parent.referrers.map((descriptor) => ({
    kind: 'referrer',
    id: `${parent.id}\n${descriptor.digest}`,
    parent,
    connectionId: parent.connectionId,
    repository: parent.repository,
    descriptor,
  }));
}

function errorNode(parent: RegistriesNode, error: unknown): RegistriesNode {
  const connectionId = 'connectionId' in parent ? parent.connectionId : parent.id;
  return { kind: 'error', id: `${parent.id}\nerror`, parent, connectionId, error };
}

function message(parent: RegistriesNode, text: string): RegistriesNode {
  return { kind: 'message', id: `${parent.id}\nmessage\n${text}`, parent, text };
}
