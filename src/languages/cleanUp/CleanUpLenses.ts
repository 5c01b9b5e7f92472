/** What can be done with a clean-up, above its first line: run it, save its rules, turn a whole section round. */
import * as vscode from 'vscode';
import { namesToDelete, parseReview } from '../../core/operations/cleanup/reviewText.ts';
import type { CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { formatCount } from '../../platform/format.ts';

export class CleanUpLenses implements vscode.CodeLensProvider {
  readonly #reviews: CleanUpReviews;

  constructor(reviews: CleanUpReviews) {
    this.#reviews = reviews;
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const review = await this.#reviews.read(document.uri);
    if (!review) return [];
    const count = namesToDelete(parseReview(document.getText())).size;
    const top = new vscode.Range(0, 0, 0, 0);
    return [
      new vscode.CodeLens(top, {
        title: vscode.l10n.t('$(play) Run Clean-Up ({0})', formatCount(count)),
        command: 'berth.runCleanUp',
        arguments: [document.uri],
      }),
      ...(review.kind === 'repository'
        ? [
            new vscode.CodeLens(top, {
              title: vscode.l10n.t('$(save) Save Rules…'),
              command: 'berth.saveCleanUpRules',
              arguments: [document.uri],
            }),
          ]
        : []),
    ];
  }
}
