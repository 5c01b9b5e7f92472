import type { ImageFilesNode, ImageFilesTree } from '../../explorer/ImageFilesTree.ts';
import type { Command } from '../Command.ts';

/** Reads again what could not be read. */
export class RefreshImageFilesCommand implements Command {
  readonly id = 'berth.refreshImageFiles';
  readonly #tree: ImageFilesTree;

  constructor(tree: ImageFilesTree) {
    this.#tree = tree;
  }

  async execute(node?: ImageFilesNode): Promise<void> {
    this.#tree.refresh(node);
  }
}
