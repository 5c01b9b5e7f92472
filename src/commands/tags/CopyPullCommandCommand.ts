import * as vscode from 'vscode';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { pullCommandLine } from '../../platform/pullCommandLine.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { copyText, fullReference, type ManifestNode } from './manifestTarget.ts';

/** Copies `docker pull …` for a tag; of a platform, with `--platform`. */
export class CopyPullCommandCommand implements Command {
  readonly id = 'berth.copyPullCommand';
  readonly #sessions: RegistrySessions;
  readonly #tree: RegistriesTree;

  constructor(sessions: RegistrySessions, tree: RegistriesTree) {
    this.#sessions = sessions;
    this.#tree = tree;
  }

  async execute(node?: ManifestNode): Promise<void> {
    const target = node ?? (await askTagNode(this.#tree, vscode.l10n.t('Copy Pull Command')));
    if (target.kind === 'referrer') return;
    const { endpoint } = await this.#sessions.open(target.connectionId);
    const reference = fullReference(endpoint, target.repository, target.tag);
    await copyText(pullCommandLine(reference, target.kind === 'platform' ? target.label : undefined));
  }
}
