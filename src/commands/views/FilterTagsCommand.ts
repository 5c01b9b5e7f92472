import * as vscode from 'vscode';
import type { RepositoryNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { askText } from '../../platform/ask.ts';
import { askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';

/** Shows only the tags of a repository that hold a text or match a glob. */
export class FilterTagsCommand implements Command {
  readonly id = 'berth.filterTags';
  readonly #tree: RegistriesTree;

  constructor(tree: RegistriesTree) {
    this.#tree = tree;
  }

  async execute(node?: RepositoryNode): Promise<void> {
    const repository = node ?? (await askRepositoryNode(this.#tree, vscode.l10n.t('Filter Tags')));
    const filter = await askText({
      title: vscode.l10n.t('Filter Tags of {0}', repository.repository),
      prompt: vscode.l10n.t('A part of the name, or a pattern with * and ?. Empty shows all.'),
      placeholder: 'v1.*',
      value: this.#tree.filterOf(repository),
      accept: (text) => text.trim(),
    });
    this.#tree.setFilter(repository, filter);
  }
}
