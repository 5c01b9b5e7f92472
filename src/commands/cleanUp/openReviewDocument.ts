/** The clean-up a command is about: of the document it was called from, else of the active editor. */
import * as vscode from 'vscode';
import type { StoredReview } from '../../core/operations/cleanup/storedReview.ts';
import { CLEAN_UP_LANGUAGE, type CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { dismissed } from '../../platform/ask.ts';

export interface ReviewDocument {
  readonly document: vscode.TextDocument;
  readonly review: StoredReview;
}

/** @throws CancellationError after having said what is missing. */
export async function findReviewDocument(reviews: CleanUpReviews, uri?: vscode.Uri): Promise<ReviewDocument> {
  const document = uri
    ? await vscode.workspace.openTextDocument(uri)
    : vscode.window.activeTextEditor?.document;
  const review = document?.languageId === CLEAN_UP_LANGUAGE ? await reviews.read(document.uri) : undefined;
  if (document && review) return { document, review };
  const start = vscode.l10n.t('Clean Up Repository…');
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('This is no clean-up whose plan Berth still has. Start one with "Clean Up Repository".'),
    start,
  );
  if (answer === start) await vscode.commands.executeCommand('berth.cleanUpRepository');
  throw dismissed();
}
