import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { wordErrorNode } from '../../explorer/wordErrorNode.ts';
import { runErrorAction } from '../../platform/errorActions.ts';
import type { Command } from '../Command.ts';

/** Does the next step that an error node offers. */
export class ResolveErrorCommand implements Command {
  readonly id = 'berth.resolveError';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node: RegistriesNode): Promise<void> {
    if (node.kind !== 'error' || !node.parent) return;
    const { parent, error, connectionId } = node;
    await runErrorAction(wordErrorNode(node).action, {
      error,
      connectionId,
      retry: () => this.#tree.refreshNode(parent),
    });
  }
}
