import * as vscode from 'vscode';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { CapabilitiesPanelsOnFirstUse } from '../../panels/CapabilitiesPanelsOnFirstUse.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import { askConnection, askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';

/** What the panel of a registry passes: one of its repositories is to be chosen. */
interface ChooseRepository {
  readonly kind: 'chooseRepository';
  readonly connectionId: string;
}

/** Shows what a registry, or one of its repositories, can do, and how to get what it cannot. */
export class ShowCapabilitiesCommand implements Command {
  readonly id = 'berth.showCapabilities';
  readonly #panels: CapabilitiesPanelsOnFirstUse;
  readonly #settings: ConnectionSettings;
  readonly #tree: RegistriesTree;

  constructor(panels: CapabilitiesPanelsOnFirstUse, settings: ConnectionSettings, tree: RegistriesTree) {
    this.#panels = panels;
    this.#settings = settings;
    this.#tree = tree;
  }

  async execute(target?: RegistriesNode | ChooseRepository): Promise<void> {
    const title = vscode.l10n.t('Show Registry Capabilities');
    if (target?.kind === 'repository') {
      await this.#panels.open({ connectionId: target.connectionId, repository: target.repository });
    } else if (target?.kind === 'chooseRepository') {
      const { connectionId, repository } = await askRepositoryNode(this.#tree, title, target.connectionId);
      await this.#panels.open({ connectionId, repository });
    } else {
      const connectionId =
        target?.kind === 'registry' ? target.connectionId : (await askConnection(this.#settings, title)).id;
      await this.#panels.open({ connectionId });
    }
  }
}
