/** "keep" and "delete" at the beginning of a line, and names of the plan behind them. */
import * as vscode from 'vscode';
import { REVIEW_ACTIONS } from '../../core/operations/cleanup/reviewText.ts';
import type { CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { reviewOf } from './reviewOf.ts';

export class CleanUpCompletions implements vscode.CompletionItemProvider {
  readonly #reviews: CleanUpReviews;

  constructor(reviews: CleanUpReviews) {
    this.#reviews = reviews;
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionItem[]> {
    const before = document.lineAt(position).text.slice(0, position.character);
    if (/^\s*#/.test(before)) return [];
    if (/^\s*\S*$/.test(before)) {
      const range = document.getWordRangeAtPosition(position, /\S+/);
      return REVIEW_ACTIONS.map((action) => {
        const item = new vscode.CompletionItem(action, vscode.CompletionItemKind.Keyword);
        item.detail = action === 'keep' ? vscode.l10n.t('stays') : vscode.l10n.t('goes');
        if (range) item.range = range;
        return item;
      });
    }
    if (!/^\s*(?:keep|delete)\s+\S*$/i.test(before)) return [];
    const open = await reviewOf(this.#reviews, document);
    const listed = new Set(open?.lines.map(({ name }) => name));
    return [...(open?.names ?? [])]
      .filter((name) => !listed.has(name))
      .map((name) => new vscode.CompletionItem(name, vscode.CompletionItemKind.Value));
  }
}
