/**
 * Undo of deletions and retags: the same bytes back under the same tags, from the journal on disk, also for what was
 * done in an earlier window.
 */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Logger } from '../../core/common/Logger.ts';
import { forEachByConnection } from '../../core/operations/forEachByConnection.ts';
import type { Journal, JournalOperation } from '../../core/operations/Journal.ts';
import type { Activity } from '../../platform/Activity.ts';
import { confirm, dismissed } from '../../platform/ask.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';

/** How long what was done before this window stays offered for Undo. */
const OFFERED_FOR_MS = 7 * 24 * 3600 * 1000;
const ICONS = { delete: 'trash', retag: 'tag', copy: 'copy', cleanUp: 'trash' } as const;

/** How operations of one kind go on, or back, that a window left half-way. */
export interface InterruptedOperations {
  /** As an operation of its own, with progress. */
  resume(operation: JournalOperation): Promise<void>;
  rollBack(operation: JournalOperation): Promise<void>;
  /** Before it is offered: puts right what must not wait for an answer. */
  settle?(operation: JournalOperation): Promise<void>;
}

export class TagUndo {
  readonly #journal: Journal;
  readonly #sessions: RegistrySessions;
  readonly #activity: Activity;
  readonly #logger: Logger;
  readonly #interrupted = new Map<JournalOperation['kind'], InterruptedOperations>();

  constructor(journal: Journal, sessions: RegistrySessions, activity: Activity, logger: Logger) {
    this.#journal = journal;
    this.#sessions = sessions;
    this.#activity = activity;
    this.#logger = logger;
  }

  /** Puts back what the operation took, and shows it in the tree. */
  async undo(operationId: string): Promise<void> {
    const operation = await this.#journal.get(operationId);
    if (!operation) throw new Error(vscode.l10n.t('What is needed to undo this is no longer kept.'));
    const { provider } = await this.#sessions.open(operation.connectionId);
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Undoing: {0}', titleOf(operation)),
        cancellable: true,
      },
      async (_progress, token) => {
        const controller = new AbortController();
        const subscription = token.onCancellationRequested(() => controller.abort());
        const { signal } = controller;
        try {
          if (operation.kind === 'retag' || operation.kind === 'copy') {
            const { undoRetag } = await import('../../core/operations/undoRetag.ts');
            await undoRetag(provider, operation, { journal: this.#journal, signal });
          } else {
            await this.#undoDelete(operation, signal);
          }
        } finally {
          subscription.dispose();
          // A tag that a retag had made new is gone again.
          const removed =
            operation.kind === 'retag' || operation.kind === 'copy'
              ? operation.items.filter(({ previousDigest }) => previousDigest === undefined)
              : [];
          this.#sessions.notifyRepositoryChanged(
            operation.connectionId,
            operation.repository,
            removed.map(({ tag }) => tag),
          );
        }
      },
    );
  }

  /** From `restore` on, interrupted operations of this kind are offered to go on or back instead of being settled at once. */
  onInterrupted(kind: JournalOperation['kind'], operations: InterruptedOperations): void {
    this.#interrupted.set(kind, operations);
  }

  /** Offers Undo for what earlier windows did, and Resume for what one of them left half-way; settles the rest of that. */
  async restore(): Promise<void> {
    const all = (await this.#journal.list()).reverse();
    const interrupted = all.filter(({ state }) => state === 'interrupted');
    // Each settles when its registry has been asked, which must not keep the others from being shown.
    const settled = new Map(interrupted.map(({ id }) => [id, Promise.withResolvers<undefined>()]));
    const waiting: string[] = [];
    for (const operation of all) {
      const operations = this.#interrupted.get(operation.kind);
      if (operation.state !== 'interrupted') this.#offer(operation);
      else if (operations) {
        waiting.push(this.#offerToGoOn(operation, operations, settled.get(operation.id)!.promise));
      }
    }
    await Promise.all([
      waiting.length > 0 && announceInterrupted(waiting),
      forEachByConnection(interrupted, async (operation) => {
        try {
          await this.#settle(operation);
        } catch (error) {
          this.#logger.warn(`journal ${operation.id}: ${String(error)}`);
        } finally {
          settled.get(operation.id)!.resolve(undefined);
        }
      }),
    ]);
  }

  #offerToGoOn(
    operation: JournalOperation,
    operations: InterruptedOperations,
    settled: Promise<undefined>,
  ): string {
    const title = titleOf(operation);
    this.#activity.addInterrupted(
      { title, icon: ICONS[operation.kind] },
      new Date(operation.resumedAt ?? operation.startedAt),
      {
        resume: async () => {
          await settled;
          await operations.resume(operation);
        },
        rollBack: async () => {
          await settled;
          await operations.rollBack(operation);
        },
      },
    );
    return title;
  }

  async #settle(operation: JournalOperation): Promise<void> {
    const operations = this.#interrupted.get(operation.kind);
    if (operations) {
      await operations.settle?.(operation);
      return;
    }
    await this.#recover(operation);
    this.#offer(await this.#journal.get(operation.id));
  }

  async #recover(operation: JournalOperation): Promise<void> {
    const { provider } = await this.#sessions.open(operation.connectionId);
    const { recoverInterrupted } = await import('../../core/operations/recoverInterrupted.ts');
    await recoverInterrupted(provider, operation, {
      journal: this.#journal,
      signal: AbortSignal.timeout(60_000),
    });
    this.#sessions.notifyRepositoryChanged(operation.connectionId, operation.repository);
  }

  #offer(operation: JournalOperation | undefined): void {
    if (operation?.state !== 'finished' || !operation.items.some(({ state }) => state === 'done')) return;
    const finishedAt = new Date(operation.finishedAt ?? operation.startedAt);
    if (Date.now() - finishedAt.getTime() > OFFERED_FOR_MS) return;
    this.#activity.addFinished({ title: titleOf(operation), icon: ICONS[operation.kind] }, finishedAt, {
      undo: () => this.undo(operation.id),
    });
  }

  async #undoDelete(operation: JournalOperation, signal: AbortSignal): Promise<void> {
    const { provider } = await this.#sessions.open(operation.connectionId);
    const { undoDelete } = await import('../../core/operations/undoDelete.ts');
    const journal = this.#journal;
    let outcomes = await undoDelete(provider, operation, { journal, signal });
    const occupied = outcomes.filter(({ state }) => state === 'occupied').map(({ tag }) => tag);
    if (occupied.length > 0) {
      const agreed = await confirm(
        vscode.l10n.t(
          'These tags point to other images by now: {0}',
          occupied.map((tag) => toDisplayLine(tag)).join(', '),
        ),
        vscode.l10n.t('Move them back? What they point to now is kept and can be put back in turn.'),
        vscode.l10n.t('Move Back'),
      );
      if (!agreed) throw dismissed();
      outcomes = await undoDelete(provider, operation, { journal, signal, overwrite: true });
    }
    const failed = outcomes.find(({ state }) => state === 'failed');
    if (failed?.error) throw failed.error;
  }
}

/** `Deleted v1.0.0 of samples/web-app`, `Tagged … `. */
export function titleOf({ kind, items, registry, repository, copy }: JournalOperation): string {
  const tags = items.map(({ tag }) => toDisplayLine(tag));
  if (kind === 'copy') {
    const shown = tags.length > 3 ? vscode.l10n.t('{0} tags', tags.length) : tags.join(', ');
    return copy?.stage === undefined
      ? vscode.l10n.t('Copy {0} to {1}', shown, `${registry}/${repository}`)
      : vscode.l10n.t('Promote {0} to {1}', shown, toDisplayLine(copy.stage));
  }
  if (kind === 'cleanUp') return vscode.l10n.t('Clean up {0}', repository);
  if (kind === 'retag') return vscode.l10n.t('Tag {0} in {1}', tags.join(', '), repository);
  return tags.length === 1
    ? vscode.l10n.t('Delete {0} of {1}', tags[0]!, repository)
    : vscode.l10n.t('Delete {0} tags of {1}', tags.length, repository);
}

async function announceInterrupted(titles: readonly string[]): Promise<void> {
  const show = vscode.l10n.t('Show Activity');
  const answer = await vscode.window.showWarningMessage(
    titles.length === 1
      ? vscode.l10n.t('Interrupted: {0}. Resume it or roll it back in Activity.', titles[0]!)
      : vscode.l10n.t(
          '{0} operations were interrupted. Resume them or roll them back in Activity.',
          titles.length,
        ),
    show,
  );
  if (answer === show) await vscode.commands.executeCommand('berth.activity.focus');
}
