import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { parseTag } from '../../core/oci/reference.ts';
import type { TagNode } from '../../explorer/nodes.ts';
import { askText, confirm } from '../../platform/ask.ts';
import { wordError } from '../../platform/wordError.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { problemOf } from '../problemOf.ts';
import { fullReference } from './manifestTarget.ts';
import { wordLockedTag } from './wordLockedTag.ts';

type Needs = Pick<
  Services,
  'sessions' | 'registriesTree' | 'registriesView' | 'activity' | 'journal' | 'tagUndo'
>;

/** Adds a tag to an image in the registry, or moves one; nothing is pulled. */
export class RetagCommand implements Command {
  readonly id = 'berth.retag';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: TagNode): Promise<void> {
    const source = node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Retag')));
    const { endpoint } = await this.#services.sessions.open(source.connectionId);
    const targetTag = await askText({
      title: vscode.l10n.t('Retag {0}', fullReference(endpoint, source.repository, source.tag)),
      prompt: vscode.l10n.t('Another tag for the same image; nothing is pulled'),
      value: source.tag,
      validate: (text) => {
        if (text === '' || text === source.tag) return undefined;
        const problem =
          problemOf(() => parseTag(text)) ?? wordLockedTag(this.#services.registriesTree, source, text);
        if (problem !== undefined) return problem;
        return {
          message: fullReference(endpoint, source.repository, text),
          severity: vscode.InputBoxValidationSeverity.Info,
        };
      },
      accept: (text) => {
        const tag = parseTag(text.trim());
        if (tag === source.tag) throw new SameTag();
        return tag;
      },
      describe: (error) =>
        error instanceof SameTag
          ? vscode.l10n.t('The image has this tag already. Type another.')
          : wordError(error).message,
    });
    try {
      await this.#retag(source, targetTag, false);
    } catch (error) {
      if (!isCoreError(error, 'conflict') || error.details.reason !== 'tagExists') throw error;
      const agreed = await confirm(
        vscode.l10n.t('The tag "{0}" is on another image. Move it?', targetTag),
        vscode.l10n.t('What it points to now is kept, and Undo puts it back.'),
        vscode.l10n.t('Move Tag'),
      );
      if (agreed) await this.#retag(source, targetTag, true);
    }
  }

  async #retag(source: TagNode, targetTag: string, overwrite: boolean): Promise<void> {
    const { connectionId, repository, tag } = source;
    const { provider } = await this.#services.sessions.open(connectionId);
    const { retag } = await import('../../core/operations/retag.ts');
    const known = this.#services.registriesTree.detailsOf(source)?.digest;
    const title = vscode.l10n.t('Tag {0} as {1} in {2}', tag, targetTag, repository);
    let activityId = '';
    let isUndoable = false;
    try {
      await this.#services.activity.run({ title, icon: 'tag' }, async ({ id, signal }) => {
        activityId = id;
        const { operationId, digest } = await retag(
          provider,
          {
            repository,
            source: tag,
            targetTag,
            overwrite,
            ...(known !== undefined && { expectedDigest: known }),
          },
          { journal: this.#services.journal, connectionId, signal },
        );
        isUndoable = operationId !== undefined;
        return {
          digest,
          ...(operationId !== undefined && { undo: () => this.#services.tagUndo.undo(operationId) }),
        };
      });
    } finally {
      this.#services.sessions.notifyRepositoryChanged(connectionId, repository);
    }
    const target = this.#services.registriesTree.tagNode(connectionId, repository, targetTag);
    if (target) void this.#services.registriesView.reveal(target, { select: true });
    const undo = vscode.l10n.t('Undo');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('{0} is tagged {1} as well.', `${repository}:${tag}`, targetTag),
      ...(isUndoable ? [undo] : []),
    );
    if (answer === undo) await this.#services.activity.undo(activityId);
  }
}

class SameTag extends Error {}
