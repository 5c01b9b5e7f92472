import type { RepositoryNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';

/** Shows all tags of a repository again. */
export class ClearTagFilterCommand implements Command {
  readonly id = 'berth.clearTagFilter';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  execute(node: RepositoryNode): void {
    this.#tree.setFilter(node, '');
  }
}
