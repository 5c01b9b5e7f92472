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
  /** What is being dragged, or was last: between two views VS Code passes text only. */
  dragged: readonly LocalImageNode[] = [];

  handleDrag(source: readonly LocalNode[], data: vscode.DataTransfer): void {
    this.dragged = source.filter((node) => node.kind === 'localImage');
    const names = this.dragged.map(({ reference, image }) => reference ?? image.id);
    if (names.length > 0) data.set(LOCAL_IMAGES, new vscode.DataTransferItem(names.join('\n')));
  }
}

/** The Registries side: pushes what is dropped. */
export class ImageDropController implements vscode.TreeDragAndDropController<RegistriesNode> {
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = [LOCAL_IMAGES];
  readonly #source: LocalImageDragController;

  constructor(source: LocalImageDragController) {
    this.#source = source;
  }

  async handleDrop(target: RegistriesNode | undefined, data: vscode.DataTransfer): Promise<void> {
    if (!data.get(LOCAL_IMAGES) || !target || !('connectionId' in target)) return;
    for (const image of this.#source.dragged) {
      await vscode.commands.executeCommand('berth.pushImage', image, undefined, target);
    }
  }
}
