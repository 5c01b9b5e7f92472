/** Makes the nodes of the Registries tree, each with its stable id. */
import type { Descriptor } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { documentId, type AttachedDocument } from '../core/trust/AttachedDocument.ts';
import type { Connection } from '../platform/Connection.ts';
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

/** Ids join their parts by a line break, which no name can hold. */
export function repositoryId(connectionId: string, repository: string): string {
  return `${connectionId}\nrepository\n${repository}`;
}

export function tagId(repositoryNodeId: string, tag: string): string {
  return `${repositoryNodeId}\ntag\n${tag}`;
}

/** Whether `id` is the node `ancestor` or one below it. */
export function isAtOrBelow(id: string, ancestor: string): boolean {
  return id === ancestor || id.startsWith(`${ancestor}\n`);
}

export function registryNode(connection: Connection): RegistryNode {
  return {
    kind: 'registry',
    id: connection.id,
    parent: undefined,
    connectionId: connection.id,
    connection,
  };
}

export function namespaceNode(
  parent: RegistriesNode,
  connectionId: string,
  namespace: string,
): NamespaceNode {
  return {
    kind: 'namespace',
    id: `${connectionId}\nnamespace\n${namespace}`,
    parent,
    connectionId,
    namespace,
  };
}

export function repositoryNode(
  parent: RegistriesNode,
  connection: Connection,
  repository: string,
): RepositoryNode {
  return {
    kind: 'repository',
    id: repositoryId(connection.id, repository),
    parent,
    connectionId: connection.id,
    repository,
    pinned: connection.repositories.includes(repository),
  };
}

export function tagNode(
  parent: RegistriesNode,
  connectionId: string,
  repository: string,
  tag: string,
): TagNode {
  return {
    kind: 'tag',
    id: tagId(repositoryId(connectionId, repository), tag),
    parent,
    connectionId,
    repository,
    tag,
  };
}

/** @param position in the index: it may list one manifest for two platforms. */
export function platformNode(
  parent: TagNode | PlatformNode,
  descriptor: Descriptor,
  position: number,
  attestations: readonly Descriptor[],
): PlatformNode {
  return {
    kind: 'platform',
    id: `${parent.id}\nplatform\n${position}\n${descriptor.digest}`,
    parent,
    connectionId: parent.connectionId,
    repository: parent.repository,
    tag: parent.tag,
    label: descriptor.platform
      ? formatPlatform(descriptor.platform)
      : (descriptor.artifactType ?? descriptor.mediaType),
    descriptor,
    attestations,
  };
}

export function layerNodes(parent: LayersNode): RegistriesNode[] {
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

export function referrerNodes(
  parent: ReferrersNode,
  documents: readonly AttachedDocument[],
): RegistriesNode[] {
  return documents.map((document) => ({
    kind: 'referrer',
    id: `${parent.id}\n${documentId(document)}`,
    parent,
    connectionId: parent.connectionId,
    repository: parent.repository,
    subject: parent.subject,
    document,
    descriptor: document.attachment.descriptor,
    platform: parent.platforms.get(document.attachment.subject),
  }));
}

/** @param part tells several errors below one node apart. */
export function errorNode(parent: RegistriesNode, error: unknown, part = ''): RegistriesNode {
  const connectionId = 'connectionId' in parent ? parent.connectionId : parent.id;
  return { kind: 'error', id: `${parent.id}\nerror${part}`, parent, connectionId, error };
}

export function messageNode(parent: RegistriesNode, text: string): RegistriesNode {
  return { kind: 'message', id: `${parent.id}\nmessage\n${text}`, parent, text };
}
