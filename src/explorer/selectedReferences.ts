/** What the focused view has selected that has a reference: the keyboard passes no node to a command. */
import type * as vscode from 'vscode';
import type { LocalImageNode, LocalNode } from './LocalImagesTree.ts';
import type { PlatformNode, ReferrerNode, RegistriesNode, RepositoryNode, TagNode } from './nodes.ts';

export type ReferenceNode = TagNode | PlatformNode | ReferrerNode | RepositoryNode | LocalImageNode;

/** The selection of the view that is visible and has one; remote first. */
export function selectedReferences(
  registries: vscode.TreeView<RegistriesNode>,
  localImages: vscode.TreeView<LocalNode>,
): ReferenceNode[] {
  const nodes = [...registries.selection, ...localImages.selection];
  return nodes.filter((node): node is ReferenceNode =>
    ['tag', 'platform', 'referrer', 'repository', 'localImage'].includes(node.kind),
  );
}
