import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';

/** Reads every registry anew. */
export class RefreshCommand implements Command {
  readonly id = 'berth.refresh';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  execute(): void {
    this.#tree.refreshAll();
  }
}
