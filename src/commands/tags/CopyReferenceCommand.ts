import * as vscode from 'vscode';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { ReferenceNode, ReferenceView } from '../../explorer/selectedReferences.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { copyText, fullReferenceOfNode } from './manifestTarget.ts';

/** What a key binding passes: it has no node. */
interface FocusedView {
  readonly view: ReferenceView;
}

/** Copies `host/repository:tag`, one a line where several are selected. */
export class CopyReferenceCommand implements Command {
  readonly id = 'berth.copyReference';
  readonly #sessions: RegistrySessions;
  readonly #tree: RegistriesTree;
  readonly #selection: (view?: ReferenceView) => readonly ReferenceNode[];

  /** `selection`: what a view has selected, for the keyboard and the palette. */
  constructor(
    sessions: RegistrySessions,
    tree: RegistriesTree,
    selection: (view?: ReferenceView) => readonly ReferenceNode[],
  ) {
    this.#sessions = sessions;
    this.#tree = tree;
    this.#selection = selection;
  }

  async execute(target?: ReferenceNode | FocusedView, selected?: readonly ReferenceNode[]): Promise<void> {
    let nodes = selected ?? [];
    if (nodes.length === 0) {
      nodes = target && 'kind' in target ? [target] : this.#selection(target?.view);
    }
    if (nodes.length === 0) nodes = [await askTagNode(this.#tree, vscode.l10n.t('Copy Reference'))];
    const references: string[] = [];
    for (const each of nodes) {
      if (each.kind === 'localImage') {
        references.push(each.reference ?? each.image.id);
      } else if ('repository' in each) {
        const { endpoint } = await this.#sessions.open(each.connectionId);
        references.push(fullReferenceOfNode(endpoint, each));
      }
    }
    if (references.length > 0) await copyText(references.join('\n'));
  }
}
