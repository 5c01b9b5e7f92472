import * as vscode from 'vscode';
import { isCoreError, type CoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { DeletionPlan } from '../../core/operations/DeletionPlan.ts';
import type { TagOutcome } from '../../core/operations/deleteTags.ts';
import type { RegistriesNode, TagNode } from '../../explorer/nodes.ts';
import { formatCount } from '../../platform/format.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { wordError } from '../../platform/wordError.ts';
import { wordReclaim } from '../../platform/wordReclaim.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { describePlan } from './describePlan.ts';

type Needs = Pick<
  Services,
  'sessions' | 'registriesTree' | 'registriesView' | 'activity' | 'journal' | 'tagUndo'
>;

/** Deletes tags after showing exactly what goes; siblings stay wherever the registry makes that possible. */
export class DeleteTagCommand implements Command {
  readonly id = 'berth.deleteTag';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: RegistriesNode, selected?: readonly RegistriesNode[]): Promise<void> {
    const nodes = selected?.length ? selected : node ? [node] : this.#shownSelection();
    let tags = nodes.filter((each): each is TagNode => each.kind === 'tag');
    if (tags.length === 0) {
      tags = [await askTagNode(this.#services.registriesTree, vscode.l10n.t('Delete Tag'))];
    }
    // One plan and one question a repository: a plan looks at one repository's tags.
    const byRepository = Map.groupBy(tags, (tag) => `${tag.connectionId}\n${tag.repository}`);
    for (const group of byRepository.values()) await this.#deleteFrom(group);
  }

  /** What nobody sees selected is not what a person means. */
  #shownSelection(): readonly RegistriesNode[] {
    return this.#services.registriesView.visible ? this.#services.registriesView.selection : [];
  }

  async #deleteFrom(tags: readonly TagNode[]): Promise<void> {
    const { connectionId, repository } = tags[0]!;
    const session = await this.#services.sessions.open(connectionId);
    const plan = await this.#plan(session, repository, tags);
    const { title, detail, deletable } = describePlan(plan);
    if (deletable === 0) {
      await vscode.window.showErrorMessage(vscode.l10n.t('Nothing can be deleted from {0}.', repository), {
        modal: true,
        detail,
      });
      return;
    }
    const goes = deletable + plan.alsoDeleted.length;
    const yes = goes === 1 ? vscode.l10n.t('Delete') : vscode.l10n.t('Delete {0} Tags', formatCount(goes));
    const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, yes);
    if (answer === yes) await this.#carryOut(session, plan);
  }

  async #plan(session: RegistrySession, repository: string, tags: readonly TagNode[]): Promise<DeletionPlan> {
    const { planDeletion } = await import('../../core/operations/planDeletion.ts');
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Finding out what a deletion takes'),
        cancellable: true,
      },
      async (progress, token) => {
        const controller = new AbortController();
        const subscription = token.onCancellationRequested(() => controller.abort());
        try {
          return await planDeletion(
            session.provider,
            repository,
            tags.map(({ tag }) => tag),
            controller.signal,
            {
              onProgress: ({ phase, done, total }) =>
                progress.report({
                  message:
                    phase === 'listing'
                      ? vscode.l10n.t('listing tags')
                      : vscode.l10n.t('looked at {0} of {1}', formatCount(done), formatCount(total)),
                }),
            },
          );
        } finally {
          subscription.dispose();
        }
      },
    );
  }

  async #carryOut(session: RegistrySession, plan: DeletionPlan): Promise<void> {
    const { id: connectionId } = session.connection;
    const { deleteTags } = await import('../../core/operations/deleteTags.ts');
    const count = plan.tags.length;
    const title =
      count === 1
        ? vscode.l10n.t('Delete {0} of {1}', toDisplayLine(plan.tags[0]!.tag), plan.repository)
        : vscode.l10n.t('Delete {0} tags of {1}', formatCount(count), plan.repository);
    let outcomes: readonly TagOutcome[] = [];
    let undo: (() => Promise<void>) | undefined;
    let activityId = '';
    try {
      await this.#services.activity.run({ title, icon: 'trash' }, async ({ id, signal, report }) => {
        activityId = id;
        const result = await deleteTags(session.provider, plan, {
          journal: this.#services.journal,
          connectionId,
          signal,
          onProgress: ({ tag, done, total }) => report(toDisplayLine(tag), done / total),
        });
        outcomes = result.outcomes;
        const { operationId } = result;
        if (operationId !== undefined && outcomes.some(({ state }) => state !== 'kept')) {
          undo = () => this.#services.tagUndo.undo(operationId);
        }
        const failure = firstFailure(outcomes);
        if (failure && !undo) throw failure;
        // Where nothing went there is nothing to reclaim.
        const detail = [
          describeShortfall(outcomes),
          undo ? wordReclaim(session.provider, session.connection) : undefined,
        ]
          .filter(Boolean)
          .join('. ');
        return {
          ...(detail !== '' && { detail }),
          ...(undo && { undo }),
        };
      });
    } finally {
      const gone = outcomes
        .filter(({ state }) => state === 'deleted')
        .flatMap(({ tag, alsoDeleted }) => [tag, ...alsoDeleted]);
      this.#services.sessions.notifyRepositoryChanged(connectionId, plan.repository, gone);
    }
    await this.#tell(plan, outcomes, activityId);
  }

  async #tell(plan: DeletionPlan, outcomes: readonly TagOutcome[], activityId: string): Promise<void> {
    const deleted = outcomes.filter(({ state }) => state === 'deleted');
    const failure = firstFailure(outcomes);
    const undo = vscode.l10n.t('Undo');
    const what =
      deleted.length === 1
        ? vscode.l10n.t('Deleted {0} of {1}.', toDisplayLine(deleted[0]!.tag), plan.repository)
        : vscode.l10n.t('Deleted {0} tags of {1}.', formatCount(deleted.length), plan.repository);
    const answer = failure
      ? await vscode.window.showWarningMessage(
          `${what} ${vscode.l10n.t('{0} not: {1}', formatCount(outcomes.length - deleted.length), wordError(failure).message)}`,
          undo,
        )
      : await vscode.window.showInformationMessage(what, undo);
    if (answer === undo) await this.#services.activity.undo(activityId);
  }
}

function firstFailure(outcomes: readonly TagOutcome[]): CoreError | undefined {
  for (const outcome of outcomes) {
    if (outcome.state !== 'deleted' && !isCoreError(outcome.error, 'cancelled')) return outcome.error;
  }
  return undefined;
}

/** Undefined where everything went as the title of the operation says. */
function describeShortfall(outcomes: readonly TagOutcome[]): string | undefined {
  const deleted = outcomes.filter(({ state }) => state === 'deleted').length;
  return deleted === outcomes.length
    ? undefined
    : vscode.l10n.t('{0} of {1} deleted', formatCount(deleted), formatCount(outcomes.length));
}
