/** Drag a local image onto a repository, namespace or registry: it is tagged and pushed there. */
import * as vscode from 'vscode';
import type { LocalImageNode, LocalNode } from './LocalImagesTree.ts';
import type { RegistriesNode } from './nodes.ts';

/** VS Code makes this type of a tree's view id; only our own two views speak it. */
const LOCAL_IMAGES = 'application/vnd.code.tree.berth.localimages';

/** The Local Images side: offers the images that are dragged. */
export class LocalImageDragController implements vscode.TreeDragAndDropController<LocalNode> {
  readonly dragMimeTypes = [LOCAL_IMAGES];
  readonly dropMimeTypes = [];

  handleDrag(source: readonly LocalNode[], data: vscode.DataTransfer): void {
    const images = source.filter((node) => node.kind === 'localImage');
    if (images.length > 0) data.set(LOCAL_IMAGES, new vscode.DataTransferItem(images));
  }
}

/** The Registries side: pushes what is dropped. */
export class ImageDropController implements vscode.TreeDragAndDropController<RegistriesNode> {
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = [LOCAL_IMAGES];

  async handleDrop(target: RegistriesNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const images = data.get(LOCAL_IMAGES)?.value as LocalImageNode[] | undefined;
    if (!images || !target || !('connectionId' in target)) return;
    for (const image of images) {
      await vscode.commands.executeCommand('berth.pushImage', image, undefined, target);
    }
  }
}
