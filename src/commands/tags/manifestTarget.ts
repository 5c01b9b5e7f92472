/** The one thing that copying and inspecting act on: a tag, a platform of it, or a referrer. */
import * as vscode from 'vscode';
import { shortDigest } from '../../core/oci/digest.ts';
import type { PlatformNode, ReferrerNode, RepositoryNode, TagNode } from '../../explorer/nodes.ts';
import type { RegistryEndpoint } from '../../core/registry/RegistryEndpoint.ts';
import type { ManifestRequest } from '../../panels/manifest/manifestPanelProtocol.ts';

export type ManifestNode = TagNode | PlatformNode | ReferrerNode;

/** Tag, or digest where the node has one of its own. */
export function referenceOf(node: ManifestNode): string {
  return node.kind === 'tag' ? node.tag : node.descriptor.digest;
}

export function manifestRequestOf(node: ManifestNode): ManifestRequest {
  const name = node.repository.slice(node.repository.lastIndexOf('/') + 1);
  return {
    connectionId: node.connectionId,
    repository: node.repository,
    reference: referenceOf(node),
    title: node.kind === 'tag' ? `${name}:${node.tag}` : `${name}@${shortDigest(node.descriptor.digest)}`,
  };
}

/** As docker writes it: `host/repository`, `host/repository:tag` or `host/repository@digest`. */
export function fullReference(
  endpoint: RegistryEndpoint,
  repository: string,
  reference: string | undefined,
): string {
  const name = `${endpoint.referenceHost}/${repository}`;
  if (reference === undefined) return name;
  return reference.includes(':') ? `${name}@${reference}` : `${name}:${reference}`;
}

export function fullReferenceOfNode(endpoint: RegistryEndpoint, node: ManifestNode | RepositoryNode): string {
  return fullReference(endpoint, node.repository, node.kind === 'repository' ? undefined : referenceOf(node));
}

/** Copies and says so in the status bar, where it does not get in the way. */
export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  const lines = text.split('\n').length;
  const said =
    lines === 1 ? vscode.l10n.t('Copied {0}', text) : vscode.l10n.t('Copied {0} references', lines);
  vscode.window.setStatusBarMessage(said, 3000);
}
