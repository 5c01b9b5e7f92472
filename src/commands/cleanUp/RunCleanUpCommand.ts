import * as vscode from 'vscode';
import { checkReview, namesToDelete, parseReview } from '../../core/operations/cleanup/reviewText.ts';
import { dismissed } from '../../platform/ask.ts';
import type { CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import type { Command } from '../Command.ts';
import type { LocalCleanUp } from './LocalCleanUp.ts';
import { findReviewDocument } from './openReviewDocument.ts';
import type { RepositoryCleanUp } from './RepositoryCleanUp.ts';

/** Carries out a reviewed clean-up, as its document says now. */
export class RunCleanUpCommand implements Command {
  readonly id = 'berth.runCleanUp';
  readonly #reviews: CleanUpReviews;
  readonly #repository: RepositoryCleanUp;
  readonly #local: LocalCleanUp;

  constructor(reviews: CleanUpReviews, repository: RepositoryCleanUp, local: LocalCleanUp) {
    this.#reviews = reviews;
    this.#repository = repository;
    this.#local = local;
  }

  async execute(uri?: vscode.Uri): Promise<void> {
    const { document, review } = await findReviewDocument(this.#reviews, uri);
    const goes = await readDecisions(document, new Set(review.entries.map(({ name }) => name)));
    const isDone =
      review.kind === 'localImages'
        ? await this.#local.run(review, goes)
        : await this.#repository.run(review, goes);
    if (isDone) await this.#close(document);
  }

  async #close(document: vscode.TextDocument): Promise<void> {
    // A document with changes would ask whether to save them.
    await document.save();
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(
        ({ input }) =>
          input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString(),
      );
    await vscode.window.tabGroups.close(tabs);
    await this.#reviews.remove(document.uri);
  }
}

/** @throws CancellationError after having shown which lines are wrong. */
async function readDecisions(
  document: vscode.TextDocument,
  names: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const lines = parseReview(document.getText());
  const problems = checkReview(lines, (name) => names.has(name));
  const [wrong] = problems.keys();
  if (wrong) {
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const range = document.lineAt(wrong.line).range;
    editor.selection = new vscode.Selection(range.start, range.end);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    void vscode.window.showErrorMessage(
      problems.size === 1
        ? vscode.l10n.t('Line {0} of the clean-up cannot be carried out. Mend it first.', wrong.line + 1)
        : vscode.l10n.t('{0} lines of the clean-up cannot be carried out. Mend them first.', problems.size),
    );
    throw dismissed();
  }
  const goes = namesToDelete(lines);
  if (goes.size === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Every line says "keep": nothing goes.'));
    throw dismissed();
  }
  return goes;
}
