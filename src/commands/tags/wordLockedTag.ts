import * as vscode from 'vscode';
import type { TagNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';

/** Why `tag`, in the repository of `beside`, cannot be moved; undefined where it can, or was not listed. Asks nothing. */
export function wordLockedTag(
  tree: Pick<RegistriesTree, 'tagNode' | 'detailsOf'>,
  { connectionId, repository }: TagNode,
  tag: string,
): string | undefined {
  const node = tree.tagNode(connectionId, repository, tag);
  return node && tree.detailsOf(node)?.locks?.includes('write')
    ? vscode.l10n.t('"{0}" is locked: the registry does not move it. Type another tag.', tag)
    : undefined;
}
