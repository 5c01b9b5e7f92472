/** The language of clean-ups, `berth-cleanup`: what an editor can do with a dry run. */
import * as vscode from 'vscode';
import { CLEAN_UP_LANGUAGE, type CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { CleanUpCompletions } from './CleanUpCompletions.ts';
import { CleanUpDiagnostics } from './CleanUpDiagnostics.ts';
import { CleanUpFolding } from './CleanUpFolding.ts';
import { CleanUpLenses } from './CleanUpLenses.ts';
import { CleanUpQuickFixes } from './CleanUpQuickFixes.ts';

export function registerCleanUpLanguage(reviews: CleanUpReviews): vscode.Disposable {
  const { languages } = vscode;
  return vscode.Disposable.from(
    new CleanUpDiagnostics(reviews),
    languages.registerCompletionItemProvider(CLEAN_UP_LANGUAGE, new CleanUpCompletions(reviews), ' '),
    languages.registerFoldingRangeProvider(CLEAN_UP_LANGUAGE, new CleanUpFolding()),
    languages.registerCodeLensProvider(CLEAN_UP_LANGUAGE, new CleanUpLenses(reviews)),
    languages.registerCodeActionsProvider(CLEAN_UP_LANGUAGE, new CleanUpQuickFixes(), {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
  );
}
