import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';

/** Shows the next page where a "Load More" node stands. */
export class LoadMoreCommand implements Command {
  readonly id = 'berth.loadMore';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  execute(node: RegistriesNode): Promise<void> {
    return this.#tree.loadMore(node);
  }
}
