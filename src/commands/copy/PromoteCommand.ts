import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { parseReference } from '../../core/oci/reference.ts';
import { findStages, parsePromotions, targetOfStage } from '../../core/operations/promotions.ts';
import type { StageMatch } from '../../core/operations/promotions.ts';
import type { TagNode } from '../../explorer/nodes.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { fullReference } from '../tags/manifestTarget.ts';
import type { RepositoryPlace } from './CopyOrder.ts';

interface StageItem extends vscode.QuickPickItem {
  readonly match: StageMatch;
  /** Undefined: choose among all stages. */
  readonly to: number | undefined;
}

type Needs = Pick<Services, 'sessions' | 'registriesTree' | 'imageCopies'>;

/** Takes a tag to the next stage of its path: the same image, signatures and all, under the repository and tag the stage means. */
export class PromoteCommand implements Command {
  readonly id = 'berth.promote';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: TagNode): Promise<void> {
    const promotions = parsePromotions(vscode.workspace.getConfiguration('berth').get<unknown>('promotions'));
    if (promotions.length === 0) {
      await offerSettings(
        vscode.l10n.t(
          'No path is set up yet, such as dev → staging → prod. Name its stages in the settings.',
        ),
      );
      return;
    }
    const source = node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Promote')));
    const { endpoint } = await this.#services.sessions.open(source.connectionId);
    const repository = fullReference(endpoint, source.repository, undefined);
    const reference = fullReference(endpoint, source.repository, source.tag);
    const matches = findStages(promotions, repository, source.tag);
    if (matches.length === 0) {
      await offerSettings(vscode.l10n.t('{0} is at no stage of a path in the settings.', reference));
      return;
    }
    const title = vscode.l10n.t('Promote {0}', reference);
    const { match, to } = await askStage(title, matches);
    const stage = match.promotion.stages[to]!;
    const target = targetOfStage(stage, match.values);
    const known = this.#services.registriesTree.detailsOf(source)?.digest;
    await this.#services.imageCopies.run({
      source: { connectionId: source.connectionId, repository: source.repository },
      target: await this.#place(target.repository),
      wishes: [
        {
          source: source.tag,
          targetTag: target.tag,
          ...(known !== undefined && { expectedDigest: known }),
        },
      ],
      referrers: true,
      stage: stage.name,
    });
  }

  /** The connection through which a stage's repository is reached. */
  async #place(repository: string): Promise<RepositoryPlace> {
    const reference = parseReference(repository);
    const [place] = this.#services.sessions.find(reference.host, reference.repository);
    if (place) return place;
    const connect = vscode.l10n.t('Connect a Registry…');
    const answer = await vscode.window.showErrorMessage(
      vscode.l10n.t('{0}, where this stage is, is not among your connections.', reference.host),
      connect,
    );
    if (answer === connect) await vscode.commands.executeCommand('berth.connectRegistry');
    throw dismissed();
  }
}

/** The next stage of each path the image is on; any other stage only when asked for. */
async function askStage(
  title: string,
  matches: readonly StageMatch[],
): Promise<{ readonly match: StageMatch; readonly to: number }> {
  const next = matches.flatMap((match) =>
    match.at + 1 < match.promotion.stages.length ? [itemFor(match, match.at + 1)] : [],
  );
  const others = matches.flatMap((match) =>
    match.promotion.stages.flatMap((_, to) =>
      to === match.at || to === match.at + 1 ? [] : [itemFor(match, to)],
    ),
  );
  const other: StageItem = { label: vscode.l10n.t('Another Stage…'), match: matches[0]!, to: undefined };
  const chosen = await askPick<StageItem>({
    title,
    placeholder:
      next.length > 0 ? vscode.l10n.t('The next stage') : vscode.l10n.t('This is the last stage of its path'),
    items: [...next, ...(others.length > 0 ? [other] : [])],
  });
  if (chosen.to !== undefined) return { match: chosen.match, to: chosen.to };
  const { match, to } = await askPick<StageItem>({
    title,
    placeholder: vscode.l10n.t('Choose the stage; those between are left out'),
    items: others,
  });
  return { match, to: to! };
}

function itemFor(match: StageMatch, to: number): StageItem {
  const stage = match.promotion.stages[to]!;
  const { repository, tag } = targetOfStage(stage, match.values);
  return {
    label: `${toDisplayLine(match.promotion.stages[match.at]!.name)} → ${toDisplayLine(stage.name)}`,
    description: `${repository}:${tag}`,
    detail: toDisplayLine(match.promotion.name),
    match,
    to,
  };
}

async function offerSettings(message: string): Promise<void> {
  const open = vscode.l10n.t('Open Settings');
  const answer = await vscode.window.showInformationMessage(message, open);
  if (answer === open) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'berth.promotions');
  }
}
