import * as vscode from 'vscode';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import type { CompareSelection } from './CompareSelection.ts';
import {
  askCompareTarget,
  compareTargetOf,
  type CompareNode,
  type CompareQuestions,
} from './compareTarget.ts';

type Needs = CompareQuestions & Pick<Services, 'comparePanels'>;

/** Compares an image with the one that was selected; where none was, it asks for that first. */
export class CompareWithSelectedCommand implements Command {
  readonly id = 'berth.compareWithSelected';
  readonly #services: Needs;
  readonly #selection: CompareSelection;

  constructor(services: Needs, selection: CompareSelection) {
    this.#services = services;
    this.#selection = selection;
  }

  async execute(node?: CompareNode): Promise<void> {
    let before = this.#selection.get();
    if (!before) {
      before = await askCompareTarget(this.#services, vscode.l10n.t('Compare Images: First Image'));
      this.#selection.set(before);
    }
    const after = node
      ? compareTargetOf(this.#services.settings, node)
      : await askCompareTarget(this.#services, vscode.l10n.t('Compare {0} with', before.title));
    await this.#services.comparePanels.open(before, after);
  }
}
