import type { LocalImagesTree } from '../../explorer/LocalImagesTree.ts';
import type { Command } from '../Command.ts';

/** Asks the Docker engine anew what it holds. */
export class RefreshLocalImagesCommand implements Command {
  readonly id = 'berth.refreshLocalImages';
  readonly #tree: LocalImagesTree;

  constructor(tree: LocalImagesTree) {
    this.#tree = tree;
  }

  execute(): void {
    this.#tree.refresh();
  }
}
