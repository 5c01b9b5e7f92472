import * as vscode from 'vscode';
import type { CleanUpPlan } from '../../core/operations/cleanup/CleanUpPlan.ts';
import type { CleanUpRuleSet } from '../../core/operations/cleanup/CleanUpRules.ts';
import type { RepositoryNode } from '../../explorer/nodes.ts';
import { createSignal } from '../../platform/cancellation.ts';
import { formatCount } from '../../platform/format.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { findTagsUsedInWorkspace } from '../../platform/usedTags.ts';
import { wordReclaim } from '../../platform/wordReclaim.ts';
import { reasonWords } from '../tags/describePlan.ts';
import { askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askCleanUpRules } from './askCleanUpRules.ts';
import { repositoryReviewText } from './repositoryReview.ts';

type Needs = Pick<Services, 'sessions' | 'registriesTree' | 'answers' | 'cleanUpReviews'>;

/** Asks for rules and opens what they would do as a document to review; deletes nothing. */
export class CleanUpRepositoryCommand implements Command {
  readonly id = 'berth.cleanUpRepository';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: RepositoryNode): Promise<void> {
    const title = vscode.l10n.t('Clean Up Repository');
    const { connectionId, repository } =
      node ?? (await askRepositoryNode(this.#services.registriesTree, title));
    const session = await this.#services.sessions.open(connectionId);
    const { provider, connection } = session;
    const ruleSet = await askCleanUpRules({
      title: vscode.l10n.t('Clean Up {0}', repository),
      repository,
      recordsPulls: provider.capabilities.recordsPulls === true,
      listsUntagged: provider.listUntagged !== undefined,
      answers: this.#services.answers,
    });
    const plan = await this.#plan(session, repository, ruleSet);
    if (plan.method.method === 'impossible') {
      await vscode.window.showErrorMessage(vscode.l10n.t('Nothing can be deleted from {0}.', repository), {
        modal: true,
        detail: reasonWords(plan.method.reason),
      });
      return;
    }
    if (!plan.entries.some(({ action }) => action === 'delete')) {
      const look = vscode.l10n.t('Show Why');
      const answer = await vscode.window.showInformationMessage(
        vscode.l10n.t('{0} is clean by these rules: nothing goes.', repository),
        look,
      );
      if (answer !== look) return;
    }
    const text = repositoryReviewText(plan, connection.name, wordReclaim(provider, connection));
    const { entries, relations, bytesFreed, rules } = plan;
    const review = {
      kind: 'repository',
      connectionId,
      repository,
      rules,
      ruleSet,
      deleteMethod: plan.method.method,
      entries,
      relations,
      bytesFreed,
    } as const;
    const uri = await this.#services.cleanUpReviews.create(repository, review, text);
    await vscode.window.showTextDocument(uri, { preview: false });
  }

  async #plan(session: RegistrySession, repository: string, ruleSet: CleanUpRuleSet): Promise<CleanUpPlan> {
    const { planCleanUp } = await import('../../core/operations/cleanup/planCleanUp.ts');
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Finding out what a clean-up of {0} takes', repository),
        cancellable: true,
      },
      async (progress, token) => {
        using cancellation = createSignal(token);
        const usedTags =
          ruleSet.protectUsed === false
            ? new Map<string, string>()
            : await findTagsUsedInWorkspace(session.endpoint, repository, token);
        return await planCleanUp(session.provider, repository, ruleSet, cancellation.signal, {
          now: new Date(),
          usedTags,
          onProgress: ({ phase, done, total }) =>
            progress.report({
              message:
                phase === 'listing' || total === undefined
                  ? vscode.l10n.t('{0} tags listed', formatCount(done))
                  : vscode.l10n.t('looked at {0} of {1}', formatCount(done), formatCount(total)),
            }),
        });
      },
    );
  }
}
