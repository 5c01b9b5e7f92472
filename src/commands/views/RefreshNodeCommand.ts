import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { Command } from '../Command.ts';

/** Reads one node of the Registries view anew. */
export class RefreshNodeCommand implements Command {
  readonly id = 'berth.refreshNode';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  execute(node: RegistriesNode): void {
    this.#tree.refreshNode(node);
  }
}
