import * as vscode from 'vscode';
import { pullCommandLine } from '../../platform/pullCommandLine.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { copyText, fullReference, type ManifestNode } from './manifestTarget.ts';

type Needs = Pick<Services, 'sessions' | 'registriesTree'>;

/** Copies `docker pull …` for a tag; of a platform, with `--platform`. */
export class CopyPullCommandCommand implements Command {
  readonly id = 'berth.copyPullCommand';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: ManifestNode): Promise<void> {
    const target =
      node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Copy Pull Command')));
    if (target.kind === 'referrer') return;
    const { endpoint } = await this.#services.sessions.open(target.connectionId);
    const reference = fullReference(endpoint, target.repository, target.tag);
    await copyText(pullCommandLine(reference, target.kind === 'platform' ? target.label : undefined));
  }
}
