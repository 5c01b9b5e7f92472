import * as vscode from 'vscode';
import type { Command } from '../Command.ts';
import type { CompareSelection } from './CompareSelection.ts';
import {
  askCompareTarget,
  compareTargetOf,
  type CompareNode,
  type CompareQuestions,
} from './compareTarget.ts';

/** Remembers an image as the first of a comparison. */
export class SelectForCompareCommand implements Command {
  readonly id = 'berth.selectForCompare';
  readonly #questions: CompareQuestions;
  readonly #selection: CompareSelection;

  constructor(questions: CompareQuestions, selection: CompareSelection) {
    this.#questions = questions;
    this.#selection = selection;
  }

  async execute(node?: CompareNode): Promise<void> {
    const target = node
      ? compareTargetOf(this.#questions.settings, node)
      : await askCompareTarget(this.#questions, vscode.l10n.t('Select for Compare'));
    this.#selection.set(target);
  }
}
