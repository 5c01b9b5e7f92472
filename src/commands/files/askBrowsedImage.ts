/** Which of the images in the Image Files view is meant. */
import * as vscode from 'vscode';
import type { BrowsedImageNode, ImageFilesNode, ImageFilesTree } from '../../explorer/ImageFilesTree.ts';
import { askPick, dismissed } from '../../platform/ask.ts';

/** Asks only where there is a choice; without any image it offers to browse one. */
export async function askBrowsedImage(tree: ImageFilesTree, title: string): Promise<BrowsedImageNode> {
  const roots = tree.roots();
  if (roots.length === 1) return roots[0]!;
  if (roots.length === 0) {
    await vscode.commands.executeCommand('berth.browseFiles');
    const [first] = tree.roots();
    if (!first) throw dismissed();
    return first;
  }
  const { root } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose an image'),
    items: roots.map((node) => ({ label: node.title, root: node })),
  });
  return root;
}

export function rootOf(node: ImageFilesNode): BrowsedImageNode {
  return node.kind === 'browsedImage' ? node : rootOf(node.parent);
}
