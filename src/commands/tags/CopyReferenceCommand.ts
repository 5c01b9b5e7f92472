import * as vscode from 'vscode';
import type { ReferenceNode, ReferenceView } from '../../explorer/selectedReferences.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { copyText, fullReferenceOfNode } from './manifestTarget.ts';

/** What a key binding passes: it has no node. */
interface FocusedView {
  readonly view: ReferenceView;
}

type Needs = Pick<Services, 'sessions' | 'registriesTree' | 'selectedReferences'>;

/** Copies `host/repository:tag`, one a line where several are selected. */
export class CopyReferenceCommand implements Command {
  readonly id = 'berth.copyReference';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(target?: ReferenceNode | FocusedView, selected?: readonly ReferenceNode[]): Promise<void> {
    let nodes = selected ?? [];
    if (nodes.length === 0) {
      nodes = target && 'kind' in target ? [target] : this.#services.selectedReferences(target?.view);
    }
    if (nodes.length === 0) {
      nodes = [await askTagNode(this.#services.registriesTree, vscode.l10n.t('Copy Reference'))];
    }
    const references: string[] = [];
    for (const each of nodes) {
      if (each.kind === 'localImage') {
        references.push(each.reference ?? each.image.id);
      } else if ('repository' in each) {
        const { endpoint } = await this.#services.sessions.open(each.connectionId);
        references.push(fullReferenceOfNode(endpoint, each));
      }
    }
    if (references.length > 0) await copyText(references.join('\n'));
  }
}
