import * as vscode from 'vscode';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import { askConnection, askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

/** What the panel of a registry passes: one of its repositories is to be chosen. */
interface ChooseRepository {
  readonly kind: 'chooseRepository';
  readonly connectionId: string;
}

type Needs = Pick<Services, 'capabilitiesPanels' | 'settings' | 'registriesTree'>;

/** Shows what a registry, or one of its repositories, can do, and how to get what it cannot. */
export class ShowCapabilitiesCommand implements Command {
  readonly id = 'berth.showCapabilities';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(target?: RegistriesNode | ChooseRepository): Promise<void> {
    const title = vscode.l10n.t('Show Registry Capabilities');
    if (target?.kind === 'repository') {
      await this.#services.capabilitiesPanels.open({
        connectionId: target.connectionId,
        repository: target.repository,
      });
    } else if (target?.kind === 'chooseRepository') {
      const { connectionId, repository } = await askRepositoryNode(
        this.#services.registriesTree,
        title,
        target.connectionId,
      );
      await this.#services.capabilitiesPanels.open({ connectionId, repository });
    } else {
      const connectionId =
        target?.kind === 'registry'
          ? target.connectionId
          : (await askConnection(this.#services.settings, title)).id;
      await this.#services.capabilitiesPanels.open({ connectionId });
    }
  }
}
