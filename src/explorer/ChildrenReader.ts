/**
 * Reads what is below a node of the Registries tree: one method a kind of node. It keeps nothing; what the tree shows
 * and has shown is RegistriesTree's to remember.
 */
import * as vscode from 'vscode';
import { attestedDigest, splitAttestations } from '../core/oci/attestation.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Digest } from '../core/oci/digest.ts';
import { listAttachments, type TagKnowledge } from '../core/trust/listAttachments.ts';
import { readAttachedDocuments } from '../core/trust/readAttachedDocuments.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../platform/RegistrySessions.ts';
import {
  errorNode,
  layerNodes,
  messageNode,
  namespaceNode,
  platformNode,
  referrerNodes,
  repositoryNode,
  tagNode,
} from './createNodes.ts';
import type { LoadedRegistries } from './LoadedRegistries.ts';
import type {
  NamespaceNode,
  PlatformNode,
  ReferrersNode,
  RegistriesNode,
  RegistryNode,
  RepositoryNode,
  TagNode,
} from './nodes.ts';
import type { RepositoryCatalog } from './RepositoryCatalog.ts';
import type { TagViewOptions } from './RepositoryListing.ts';

export interface ChildrenReaderOptions {
  readonly settings: ConnectionSettings;
  readonly sessions: RegistrySessions;
  readonly loaded: LoadedRegistries;
  /** How the tags of a repository are to be shown. */
  readonly viewOptions: (node: RepositoryNode) => TagViewOptions;
}

export class ChildrenReader {
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #loaded: LoadedRegistries;
  readonly #viewOptions: ChildrenReaderOptions['viewOptions'];

  constructor({ settings, sessions, loaded, viewOptions }: ChildrenReaderOptions) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#loaded = loaded;
    this.#viewOptions = viewOptions;
  }

  /** @throws CoreError */
  async read(node: RegistriesNode, signal: AbortSignal): Promise<RegistriesNode[]> {
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
        return this.#readReferrers(node, signal);
      default:
        return [];
    }
  }

  async #readRegistry(node: RegistryNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const { connection, connectionId } = node;
    const list = await this.#loaded.catalog(connectionId).load(signal);
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
      ...direct.sort(byName).map((name) => repositoryNode(node, connection, name)),
    ];
    if (list.refusal !== undefined) {
      if (names.length === 0) return [errorNode(node, list.refusal)];
      children.push(
        messageNode(node, vscode.l10n.t('Only pinned repositories: this registry does not list the others')),
      );
    }
    children.push(
      ...list.refusedParts.map((error) => errorNode(node, error, `\n${error.details.subject ?? ''}`)),
    );
    if (children.length === 0) {
      return [messageNode(node, vscode.l10n.t('No repositories yet: push an image to create one'))];
    }
    children.push(...this.#moreRepositories(node, connectionId, list));
    return children;
  }

  async #readNamespace(node: NamespaceNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const connection = this.#settings.get(node.connectionId);
    if (!connection) return [];
    const list = await this.#loaded.catalog(node.connectionId).load(signal);
    const prefix = `${node.namespace}/`;
    const names = [...new Set([...connection.repositories, ...list.names])].filter(
      (name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('/'),
    );
    return [
      ...names.sort(byName).map((name) => repositoryNode(node, connection, name)),
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

  async #readRepository(node: RepositoryNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const listing = this.#loaded.listing(node.connectionId, node.repository);
    const options = this.#viewOptions(node);
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
    let attestations: readonly Descriptor[] = node.kind === 'platform' ? node.attestations : [];
    const platforms = new Map<Digest, string>();
    if (manifest.kind === 'index') {
      const listed = splitAttestations(manifest.manifests);
      attestations = listed.attestations;
      for (const [position, descriptor] of listed.platforms.entries()) {
        const about = attestations.filter((each) => attestedDigest(each) === descriptor.digest);
        const child = platformNode(node, descriptor, position, about);
        platforms.set(descriptor.digest, child.label);
        children.push(child);
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
    const { attachments, problem } = await listAttachments(
      client,
      repository,
      manifest.digest,
      attestations,
      signal,
      this.#tagKnowledge(node),
    );
    if (attachments.length > 0) {
      children.push({
        kind: 'referrers',
        id: `${node.id}\nreferrers`,
        parent: node,
        connectionId,
        repository,
        subject: manifest.digest,
        attachments,
        isIncomplete: problem !== undefined,
        platforms,
      });
    }
    return children.length > 0 ? children : [messageNode(node, vscode.l10n.t('No layers'))];
  }

  /** Only a list of the distribution API names every tag: makers' own leave out those of signatures. */
  #tagKnowledge({ connectionId, repository }: TagNode | PlatformNode): TagKnowledge {
    if (this.#loaded.knownProvider(connectionId)?.kind !== 'oci') return () => undefined;
    return (tag) => this.#loaded.knownListing(connectionId, repository)?.hasTag(tag);
  }

  async #readReferrers(node: ReferrersNode, signal: AbortSignal): Promise<RegistriesNode[]> {
    const { client } = await this.#sessions.open(node.connectionId);
    const documents = await readAttachedDocuments(client, node.repository, node.attachments, signal);
    const children = referrerNodes(node, documents);
    if (node.isIncomplete) {
      children.push(messageNode(node, vscode.l10n.t('There may be more: the registry could not be asked')));
    }
    return children;
  }
}

const collator = new Intl.Collator('en', { numeric: true });
function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
