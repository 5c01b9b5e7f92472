import * as vscode from 'vscode';
import { askText, dismissed } from '../../platform/ask.ts';
import type { CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { saveRules } from '../../platform/cleanUpRuleSettings.ts';
import type { Command } from '../Command.ts';
import { findReviewDocument } from './openReviewDocument.ts';

/** Keeps the rules of a clean-up in the settings, to run them again. */
export class SaveCleanUpRulesCommand implements Command {
  readonly id = 'berth.saveCleanUpRules';
  readonly #reviews: CleanUpReviews;

  constructor(reviews: CleanUpReviews) {
    this.#reviews = reviews;
  }

  async execute(uri?: vscode.Uri): Promise<void> {
    const { review } = await findReviewDocument(this.#reviews, uri);
    if (review.kind !== 'repository') throw dismissed();
    const name = await askText({
      title: vscode.l10n.t('Save Clean-Up Rules'),
      prompt: vscode.l10n.t('Name of the rules; they appear first when you clean up again'),
      value: review.ruleSet.name,
      validate: (text) =>
        text.trim() === '' || text.trim().length > 100
          ? vscode.l10n.t('Type a name of at most 100 characters.')
          : undefined,
      accept: (text) => text.trim(),
    });
    await saveRules({ ...review.ruleSet, name });
    const open = vscode.l10n.t('Open Settings');
    const answer = await vscode.window.showInformationMessage(
      vscode.workspace.workspaceFolders === undefined
        ? vscode.l10n.t('Saved "{0}" in your settings.', name)
        : vscode.l10n.t('Saved "{0}" in the settings of the workspace.', name),
      open,
    );
    if (answer !== open) return;
    await vscode.commands.executeCommand(
      vscode.workspace.workspaceFolders === undefined
        ? 'workbench.action.openSettingsJson'
        : 'workbench.action.openWorkspaceSettingsFile',
    );
  }
}
