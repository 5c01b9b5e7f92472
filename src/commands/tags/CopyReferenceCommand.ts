import * as vscode from 'vscode';
import type { LocalImageNode } from '../../explorer/LocalImagesTree.ts';
import type { RepositoryNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { copyText, fullReferenceOfNode, type ManifestNode } from './manifestTarget.ts';

type Copied = ManifestNode | RepositoryNode | LocalImageNode;

/** Copies `host/repository:tag`, one a line where several are selected. */
export class CopyReferenceCommand implements Command {
  readonly id = 'berth.copyReference';
  readonly #sessions: RegistrySessions;
  readonly #tree: RegistriesTree;
  readonly #selection: () => readonly Copied[];

  /** `selection`: what the focused view has selected, for the keyboard, which passes no node. */
  constructor(sessions: RegistrySessions, tree: RegistriesTree, selection: () => readonly Copied[]) {
    this.#sessions = sessions;
    this.#tree = tree;
    this.#selection = selection;
  }

  async execute(node?: Copied, selected?: readonly Copied[]): Promise<void> {
    let nodes = selected?.length ? selected : node ? [node] : this.#selection();
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
