/** Turns a line round, and mends a word that is neither "keep" nor "delete". */
import * as vscode from 'vscode';
import { parseReview, REVIEW_ACTIONS } from '../../core/operations/cleanup/reviewText.ts';
import { rangeOf } from './reviewOf.ts';

export class CleanUpQuickFixes implements vscode.CodeActionProvider {
  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const lines = parseReview(document.getText()).filter(
      ({ line }) => line >= range.start.line && line <= range.end.line,
    );
    return REVIEW_ACTIONS.flatMap((action) => {
      const other = lines.filter((line) => line.action !== action);
      if (other.length === 0) return [];
      const title =
        action === 'keep'
          ? vscode.l10n.t('Keep {0}', other.length === 1 ? other[0]!.name : String(other.length))
          : vscode.l10n.t('Delete {0}', other.length === 1 ? other[0]!.name : String(other.length));
      const fix = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
      fix.edit = new vscode.WorkspaceEdit();
      // As wide as the other word, so that the columns stay where they are.
      for (const line of other) {
        const word = rangeOf(line, 'word');
        const gap = Math.max(0, line.nameStart - word.end.character - 1);
        const width = line.word.length + gap;
        const whole = word.with({ end: word.end.translate(0, gap) });
        fix.edit.replace(document.uri, whole, action.padEnd(width));
      }
      fix.diagnostics = [...diagnostics];
      return [fix];
    });
  }
}
