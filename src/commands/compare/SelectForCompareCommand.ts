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
  readonly #services: CompareQuestions;
  readonly #selection: CompareSelection;

  constructor(services: CompareQuestions, selection: CompareSelection) {
    this.#services = services;
    this.#selection = selection;
  }

  async execute(node?: CompareNode): Promise<void> {
    const target = node
      ? compareTargetOf(this.#services.settings, node)
      : await askCompareTarget(this.#services, vscode.l10n.t('Select for Compare'));
    this.#selection.set(target);
  }
}
