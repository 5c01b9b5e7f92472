/** What the focused view has selected that has a reference: the keyboard passes no node to a command. */
import type * as vscode from 'vscode';
import type { LocalImageNode, LocalNode } from './LocalImagesTree.ts';
import type { PlatformNode, ReferrerNode, RegistriesNode, RepositoryNode, TagNode } from './nodes.ts';

export type ReferenceNode = TagNode | PlatformNode | ReferrerNode | RepositoryNode | LocalImageNode;

/** A view that has such nodes, as the key bindings in package.json name it. */
export type ReferenceView = 'registries' | 'localImages';

/** The selection of `view`; for the palette, which knows of none, that of the first visible view that has one. */
export function selectedReferences(
  registries: vscode.TreeView<RegistriesNode>,
  localImages: vscode.TreeView<LocalNode>,
  view: ReferenceView | undefined,
): ReferenceNode[] {
  if (view !== undefined) return referencesOf(view === 'registries' ? registries : localImages);
  const visible = [registries, localImages].filter((each) => each.visible);
  return visible.map(referencesOf).find((nodes) => nodes.length > 0) ?? [];
}

function referencesOf({ selection }: vscode.TreeView<RegistriesNode> | vscode.TreeView<LocalNode>) {
  return selection.filter((node): node is ReferenceNode =>
    ['tag', 'platform', 'referrer', 'repository', 'localImage'].includes(node.kind),
  );
}
