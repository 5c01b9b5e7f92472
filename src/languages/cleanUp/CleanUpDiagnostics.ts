/** Marks lines of a clean-up that cannot be carried out, and those that go although they are protected. */
import * as vscode from 'vscode';
import { checkReview } from '../../core/operations/cleanup/reviewText.ts';
import type { ReviewProblem } from '../../core/operations/cleanup/reviewText.ts';
import { CLEAN_UP_LANGUAGE, type CleanUpReviews } from '../../platform/CleanUpReviews.ts';
import { rangeOf, reviewOf } from './reviewOf.ts';

export class CleanUpDiagnostics implements vscode.Disposable {
  readonly #reviews: CleanUpReviews;
  readonly #collection = vscode.languages.createDiagnosticCollection(CLEAN_UP_LANGUAGE);
  readonly #subscriptions: vscode.Disposable;

  constructor(reviews: CleanUpReviews) {
    this.#reviews = reviews;
    this.#subscriptions = vscode.Disposable.from(
      vscode.workspace.onDidOpenTextDocument((document) => void this.#check(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => void this.#check(document)),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#collection.delete(document.uri);
        this.#reviews.forget(document.uri);
      }),
    );
    for (const document of vscode.workspace.textDocuments) void this.#check(document);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#collection.dispose();
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    if (document.languageId !== CLEAN_UP_LANGUAGE) return;
    const { version } = document;
    const open = await reviewOf(this.#reviews, document);
    // Typed on meanwhile: that change has a check of its own.
    if (document.isClosed || document.version !== version) return;
    if (!open) {
      const whole = new vscode.Range(0, 0, 0, document.lineAt(0).text.length);
      this.#collection.set(document.uri, [
        new vscode.Diagnostic(
          whole,
          vscode.l10n.t('The plan of this clean-up is gone. Start the clean-up anew.'),
          vscode.DiagnosticSeverity.Warning,
        ),
      ]);
      return;
    }
    const problems = checkReview(open.lines, (name) => open.names.has(name));
    const diagnostics = open.lines.flatMap((line) => {
      const problem = problems.get(line);
      if (problem) {
        const range = rangeOf(line, problem === 'badWord' || problem === 'missingName' ? 'word' : 'name');
        return [new vscode.Diagnostic(range, wordProblem(problem, line), vscode.DiagnosticSeverity.Error)];
      }
      const protection = line.action === 'delete' ? open.protections.get(line.name) : undefined;
      if (protection === undefined) return [];
      return [
        new vscode.Diagnostic(
          rangeOf(line, 'name'),
          vscode.l10n.t('{0} is protected: {1}. It goes only if you confirm that.', line.name, protection),
          vscode.DiagnosticSeverity.Warning,
        ),
      ];
    });
    this.#collection.set(document.uri, diagnostics);
  }
}

function wordProblem(problem: ReviewProblem, { word, name }: { word: string; name: string }): string {
  switch (problem) {
    case 'badWord':
      return vscode.l10n.t('"{0}" is neither "keep" nor "delete".', word);
    case 'missingName':
      return vscode.l10n.t('What is it about? Behind the word stands a name of the plan.');
    case 'unknownName':
      return vscode.l10n.t('"{0}" is not in the plan.', name);
    case 'repeated':
      return vscode.l10n.t('"{0}" has a line further up.', name);
  }
}
