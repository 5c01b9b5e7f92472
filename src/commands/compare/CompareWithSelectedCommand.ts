import * as vscode from 'vscode';
import type { ComparePanels } from '../../panels/compare/ComparePanels.ts';
import type { Command } from '../Command.ts';
import type { CompareSelection } from './CompareSelection.ts';
import {
  askCompareTarget,
  compareTargetOf,
  type CompareNode,
  type CompareQuestions,
} from './compareTarget.ts';

/** Compares an image with the one that was selected; where none was, it asks for that first. */
export class CompareWithSelectedCommand implements Command {
  readonly id = 'berth.compareWithSelected';
  readonly #questions: CompareQuestions;
  readonly #selection: CompareSelection;
  readonly #panels: ComparePanels;

  constructor(questions: CompareQuestions, selection: CompareSelection, panels: ComparePanels) {
    this.#questions = questions;
    this.#selection = selection;
    this.#panels = panels;
  }

  async execute(node?: CompareNode): Promise<void> {
    let before = this.#selection.get();
    if (!before) {
      before = await askCompareTarget(this.#questions, vscode.l10n.t('Compare Images: First Image'));
      this.#selection.set(before);
    }
    const after = node
      ? compareTargetOf(this.#questions.settings, node)
      : await askCompareTarget(this.#questions, vscode.l10n.t('Compare {0} with', before.title));
    await this.#panels.open(before, after);
  }
}
