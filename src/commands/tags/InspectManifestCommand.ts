import * as vscode from 'vscode';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { ManifestPanels } from '../../panels/ManifestPanels.ts';
import { askTagNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { manifestRequestOf, type ManifestNode } from './manifestTarget.ts';

/** Opens the readable panel of a tag, platform or referrer. */
export class InspectManifestCommand implements Command {
  readonly id = 'berth.inspectManifest';
  readonly #panels: ManifestPanels;
  readonly #tree: RegistriesTree;

  constructor(panels: ManifestPanels, tree: RegistriesTree) {
    this.#panels = panels;
    this.#tree = tree;
  }

  async execute(node?: ManifestNode): Promise<void> {
    const target = node ?? (await askTagNode(this.#tree, vscode.l10n.t('Inspect Manifest')));
    await this.#panels.open(manifestRequestOf(target));
  }
}
