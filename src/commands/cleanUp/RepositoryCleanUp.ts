/**
 * Carries out a reviewed clean-up of a repository: one question with exact counts, progress, Undo, and what is left told.
 * Goes on with clean-ups and deletions that a window left half-way, or takes them back.
 */
import * as vscode from 'vscode';
import { isCoreError, type CoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { selectReviewed } from '../../core/operations/cleanup/reviewSelection.ts';
import type { ReviewSelection } from '../../core/operations/cleanup/reviewSelection.ts';
import type {
  CleanUpOptions,
  CleanUpOutcome,
  CleanUpResult,
} from '../../core/operations/cleanup/runCleanUp.ts';
import type { RepositoryReview } from '../../core/operations/cleanup/storedReview.ts';
import type { JournalOperation } from '../../core/operations/Journal.ts';
import { confirm, dismissed } from '../../platform/ask.ts';
import { formatCount } from '../../platform/format.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { wordBytesFreed, wordReason } from '../../platform/wordCleanUp.ts';
import { wordError } from '../../platform/wordError.ts';
import { wordReclaim } from '../../platform/wordReclaim.ts';
import { listNames } from '../images/listNames.ts';
import { titleOf } from '../tags/TagUndo.ts';
import type { InterruptedOperations } from '../tags/TagUndo.ts';
import type { Services } from '../Services.ts';

/** What is carried out, as Activity names it. */
interface Subject extends Pick<JournalOperation, 'kind' | 'repository'> {
  readonly title: string;
}

/** Thousands of tags are looked at again, one by one. */
const ROLL_BACK_MS = 10 * 60_000;
const SETTLE_MS = 60_000;

type Needs = Pick<Services, 'sessions' | 'activity' | 'journal' | 'tagUndo'>;

export class RepositoryCleanUp implements InterruptedOperations {
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  /** @returns whether everything went as the document says, so that it has nothing more to tell. */
  async run(review: RepositoryReview, goes: ReadonlySet<string>): Promise<boolean> {
    const selection = await selectReviewed(review, goes);
    const session = await this.#services.sessions.open(review.connectionId);
    await confirmSelection(review, selection);
    const { repository, rules, deleteMethod: method } = review;
    const { targets, staying } = selection;
    const { runCleanUp } = await import('../../core/operations/cleanup/runCleanUp.ts');
    const title = vscode.l10n.t('Clean up {0}', repository);
    const result = await this.#carryOut(session, { title, kind: 'cleanUp', repository }, (options) =>
      runCleanUp(session.provider, { repository, rules, method, targets, staying }, options),
    );
    return result.outcomes.every(({ state }) => state === 'deleted');
  }

  async resume(operation: JournalOperation): Promise<void> {
    const session = await this.#services.sessions.open(operation.connectionId);
    const { resumeCleanUp } = await import('../../core/operations/cleanup/runCleanUp.ts');
    const { kind, repository } = operation;
    await this.#carryOut(session, { title: titleOf(operation), kind, repository }, (options) =>
      resumeCleanUp(session.provider, operation, options),
    );
  }

  /** What is open stays as it is, and what went comes back. */
  async rollBack(operation: JournalOperation): Promise<void> {
    const { provider } = await this.#services.sessions.open(operation.connectionId);
    const { recoverInterrupted } = await import('../../core/operations/recoverInterrupted.ts');
    const signal = AbortSignal.timeout(ROLL_BACK_MS);
    await recoverInterrupted(provider, operation, { journal: this.#services.journal, signal });
    const after = await this.#services.journal.get(operation.id);
    if (after?.items.some(({ state }) => state === 'done')) await this.#services.tagUndo.undo(operation.id);
  }

  async settle(operation: JournalOperation): Promise<void> {
    const { provider } = await this.#services.sessions.open(operation.connectionId);
    const { settleInterruptedCleanUp } = await import('../../core/operations/cleanup/runCleanUp.ts');
    const signal = AbortSignal.timeout(SETTLE_MS);
    await settleInterruptedCleanUp(provider, operation, { journal: this.#services.journal, signal });
  }

  async #carryOut(
    session: RegistrySession,
    subject: Subject,
    work: (options: CleanUpOptions) => Promise<CleanUpResult>,
  ): Promise<CleanUpResult> {
    const { provider, connection } = session;
    const { title, repository } = subject;
    let gone: readonly string[] = [];
    let activityId = '';
    const reclaim = wordReclaim(provider, connection);
    try {
      const { result } = await this.#services.activity.run(
        { title, icon: 'trash' },
        async ({ id, signal, report, append }) => {
          activityId = id;
          const done = await work({
            journal: this.#services.journal,
            connectionId: connection.id,
            signal,
            onProgress: ({ name, done: count, total }) =>
              report(
                vscode.l10n.t(
                  '{0} of {1}: {2}',
                  formatCount(count),
                  formatCount(total),
                  toDisplayLine(name, 40),
                ),
                count / total,
              ),
          });
          const { operationId, outcomes } = done;
          gone = outcomes.filter(({ state }) => state === 'deleted').map(({ name }) => name);
          for (const outcome of outcomes) append(`${describeOutcome(outcome)}\n`);
          const deleted = countDeleted(outcomes);
          if (deleted === 0) {
            const failure = firstFailure(outcomes);
            if (failure) throw failure;
          }
          return {
            result: done,
            detail: [
              vscode.l10n.t('{0} of {1} deleted', formatCount(deleted), formatCount(outcomes.length)),
              deleted > 0 ? reclaim : undefined,
            ]
              .filter(Boolean)
              .join('. '),
            ...(deleted > 0 && { undo: () => this.#services.tagUndo.undo(operationId) }),
          };
        },
      );
      void this.#tell(subject, result, reclaim, activityId);
      return result;
    } finally {
      this.#services.sessions.notifyRepositoryChanged(connection.id, repository, gone);
    }
  }

  async #tell(
    { title, kind, repository }: Subject,
    { outcomes, siblingsRestored }: CleanUpResult,
    reclaim: string | undefined,
    activityId: string,
  ): Promise<void> {
    const deleted = countDeleted(outcomes);
    const failure = firstFailure(outcomes);
    const isSmooth = failure === undefined && siblingsRestored.length === 0;
    const undo = vscode.l10n.t('Undo');
    const showOutput = vscode.l10n.t('Show Output');
    const message = [
      kind === 'cleanUp'
        ? vscode.l10n.t(
            'Cleaned up {0}: {1} of {2} deleted.',
            repository,
            formatCount(deleted),
            formatCount(outcomes.length),
          )
        : vscode.l10n.t(
            '{0}: {1} of {2} deleted.',
            title,
            formatCount(deleted),
            formatCount(outcomes.length),
          ),
      failure
        ? vscode.l10n.t('{0} not: {1}', formatCount(outcomes.length - deleted), wordError(failure).message)
        : undefined,
      siblingsRestored.length > 0
        ? vscode.l10n.t(
            'The registry took other tags along; they are back, and the rest was left: {0}',
            siblingsRestored.map((tag) => toDisplayLine(tag)).join(', '),
          )
        : undefined,
      deleted > 0 ? reclaim : undefined,
    ]
      .filter(Boolean)
      .join(' ');
    const show = isSmooth ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    const buttons = [...(deleted > 0 ? [undo] : []), ...(isSmooth ? [] : [showOutput])];
    const answer = await show(message, ...buttons);
    if (answer === undo) await this.#services.activity.undo(activityId);
    if (answer === showOutput) this.#services.activity.showOutput(activityId);
  }
}

/** @throws CancellationError unless the person agrees. */
async function confirmSelection(
  { repository }: RepositoryReview,
  { targets, overridden, bytesFreed }: ReviewSelection,
): Promise<void> {
  const tags = targets.filter(({ name, digest }) => name !== digest).length;
  const manifests = targets.length - tags;
  const freed = wordBytesFreed(bytesFreed);
  const what =
    manifests === 0
      ? tags === 1
        ? vscode.l10n.t('Delete 1 tag of {0}?', repository)
        : vscode.l10n.t('Delete {0} tags of {1}?', formatCount(tags), repository)
      : vscode.l10n.t(
          'Delete {0} tags and {1} manifests without a tag of {2}?',
          formatCount(tags),
          formatCount(manifests),
          repository,
        );
  const facts = [
    overridden.length > 0
      ? vscode.l10n.t(
          'Protected, and set to go by you:\n{0}',
          listNames(overridden.map((entry) => `${toDisplayLine(entry.name)} (${wordReason(entry.reason)})`)),
        )
      : undefined,
    freed === undefined ? undefined : vscode.l10n.t('Bytes that come free: {0}.', freed),
    vscode.l10n.t('A tag that has moved since the plan was made stays.'),
    vscode.l10n.t('Undo is in the Activity view until the registry collects its garbage.'),
  ];
  const yes =
    targets.length === 1
      ? vscode.l10n.t('Delete')
      : manifests === 0
        ? vscode.l10n.t('Delete {0} Tags', formatCount(tags))
        : vscode.l10n.t('Delete {0}', formatCount(targets.length));
  if (!(await confirm(what, facts.filter(Boolean).join('\n\n'), yes))) throw dismissed();
}

function countDeleted(outcomes: readonly CleanUpOutcome[]): number {
  return outcomes.filter(({ state }) => state === 'deleted').length;
}

function firstFailure(outcomes: readonly CleanUpOutcome[]): CoreError | undefined {
  for (const outcome of outcomes) {
    if (outcome.state !== 'deleted' && !isCoreError(outcome.error, 'cancelled')) return outcome.error;
  }
  return undefined;
}

function describeOutcome(outcome: CleanUpOutcome): string {
  const name = toDisplayLine(outcome.name);
  switch (outcome.state) {
    case 'deleted':
      return vscode.l10n.t('deleted  {0}', name);
    case 'kept':
      return vscode.l10n.t('kept     {0}  {1}', name, wordError(outcome.error).message);
    case 'unknown':
      return vscode.l10n.t('unknown  {0}  {1}', name, wordError(outcome.error).message);
  }
}
