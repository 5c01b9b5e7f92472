/** A clean-up's document as its language features look at it. */
import * as vscode from 'vscode';
import { parseReview } from '../../core/operations/cleanup/reviewText.ts';
import type { ReviewLine } from '../../core/operations/cleanup/reviewText.ts';
import { isProtected } from '../../core/operations/cleanup/reviewSelection.ts';
import type { StoredReview } from '../../core/operations/cleanup/storedReview.ts';
import type { CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { wordReason } from '../../platform/wordCleanUp.ts';

export interface OpenReview {
  readonly review: StoredReview;
  readonly lines: readonly ReviewLine[];
  /** Name → why it stays, for those that stay for a reason. */
  readonly protections: ReadonlyMap<string, string>;
  readonly names: ReadonlySet<string>;
}

/** Undefined where the plan is gone. */
export async function reviewOf(
  reviews: CleanUpReviews,
  document: vscode.TextDocument,
): Promise<OpenReview | undefined> {
  const review = await reviews.read(document.uri);
  if (!review) return undefined;
  return {
    review,
    lines: parseReview(document.getText()),
    names: new Set(review.entries.map(({ name }) => name)),
    protections: protectionsOf(review),
  };
}

function protectionsOf(review: StoredReview): Map<string, string> {
  if (review.kind === 'localImages') {
    const used = review.entries.filter(({ isUsed }) => isUsed);
    return new Map(used.map(({ name }) => [name, vscode.l10n.t('used by a container')]));
  }
  return new Map(review.entries.filter(isProtected).map(({ name, reason }) => [name, wordReason(reason)]));
}

export function rangeOf(line: ReviewLine, part: 'word' | 'name'): vscode.Range {
  const start = part === 'word' ? line.wordStart : line.nameStart;
  const length = part === 'word' ? line.word.length : line.name.length;
  return new vscode.Range(line.line, start, line.line, start + length);
}
