import * as vscode from 'vscode';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { manifestRequestOf, type ManifestNode } from './manifestTarget.ts';

type Needs = Pick<Services, 'manifestPanels' | 'registriesTree'>;

/** Opens the readable panel of a tag, platform or referrer. */
export class InspectManifestCommand implements Command {
  readonly id = 'berth.inspectManifest';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: ManifestNode): Promise<void> {
    const target =
      node ?? (await askTagNode(this.#services.registriesTree, vscode.l10n.t('Inspect Manifest')));
    await this.#services.manifestPanels.open(manifestRequestOf(target));
  }
}
