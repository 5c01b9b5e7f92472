/**
 * Drag and drop: a local image onto a repository, namespace or registry is tagged and pushed there; tags onto another
 * repository or registry are copied there.
 */
import * as vscode from 'vscode';
import type { LocalImageNode, LocalNode } from './LocalImagesTree.ts';
import type { RegistriesNode } from './nodes.ts';

/** VS Code makes these types of a tree's view id; only our own two views speak them. */
const LOCAL_IMAGES = 'application/vnd.code.tree.berth.localimages';
const REGISTRIES = 'application/vnd.code.tree.berth.registries';

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

/** The Registries side: offers tags, pushes and copies what is dropped. */
export class ImageDropController implements vscode.TreeDragAndDropController<RegistriesNode> {
  readonly dragMimeTypes = [REGISTRIES];
  readonly dropMimeTypes = [LOCAL_IMAGES, REGISTRIES];
  readonly #source: LocalImageDragController;
  #dragged: readonly RegistriesNode[] = [];

  constructor(source: LocalImageDragController) {
    this.#source = source;
  }

  handleDrag(source: readonly RegistriesNode[], data: vscode.DataTransfer): void {
    this.#dragged = source.filter(
      ({ kind }) => kind === 'tag' || kind === 'platform' || kind === 'repository',
    );
    if (this.#dragged.length === 0) return;
    data.set(REGISTRIES, new vscode.DataTransferItem(this.#dragged.map(({ id }) => id).join('\n')));
  }

  async handleDrop(target: RegistriesNode | undefined, data: vscode.DataTransfer): Promise<void> {
    if (!target || !('connectionId' in target)) return;
    if (data.get(REGISTRIES)) {
      const dragged = this.#dragged.filter((node) => !isBelow(node, target));
      if (dragged.length > 0) {
        await vscode.commands.executeCommand('berth.copyTo', dragged[0], dragged, target);
      }
      return;
    }
    if (!data.get(LOCAL_IMAGES)) return;
    for (const image of this.#source.dragged) {
      await vscode.commands.executeCommand('berth.pushImage', image, undefined, target);
    }
  }
}

/** Dropped on itself or on the repository it is in: let go by accident. */
function isBelow(node: RegistriesNode, target: RegistriesNode): boolean {
  const repositoryOf = (each: RegistriesNode) =>
    'repository' in each && each.repository !== undefined && 'connectionId' in each
      ? `${each.connectionId}\n${each.repository}`
      : undefined;
  const own = repositoryOf(node);
  return node === target || (own !== undefined && own === repositoryOf(target));
}
