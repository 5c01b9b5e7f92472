import * as vscode from 'vscode';
import { parseRepositoryName } from '../../core/oci/reference.ts';
import { askText } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { createsRepositories } from '../../platform/connectionKind.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { pickConnection } from '../askTarget.ts';
import { problemOfRepository } from '../problemOfRepository.ts';

type Needs = Pick<Services, 'settings' | 'sessions' | 'registriesTree' | 'registriesView'>;

/** Creates an empty repository, where the registry wants one to be there before a push. */
export class CreateRepositoryCommand implements Command {
  readonly id = 'berth.createRepository';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string; readonly namespace?: string }): Promise<void> {
    const title = vscode.l10n.t('Create Repository');
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ?? (await this.#askConnection(title));
    if (!connection) return;
    const repository = await askText({
      title,
      prompt: vscode.l10n.t('Name of the new repository in {0}', connection.name),
      placeholder: 'team/app',
      value: node?.namespace ? `${node.namespace}/` : '',
      validate: problemOfRepository,
      accept: async (text, signal) => {
        const name = parseRepositoryName(text.trim());
        const { provider } = await this.#services.sessions.open(connection.id);
        await provider.createRepository?.(name, signal);
        return name;
      },
      describe: (error) => wordError(error).message,
    });
    this.#services.sessions.notifyRepositoryChanged(connection.id, repository);
    void vscode.window.showInformationMessage(vscode.l10n.t('Created {0}.', repository));
    const created = this.#services.registriesTree.repositoryNode(connection.id, repository);
    if (created) await this.#services.registriesView.reveal(created, { select: true, focus: true });
  }

  /** Asks only where there is a choice; undefined where nothing connected wants repositories created. */
  async #askConnection(title: string): Promise<Connection | undefined> {
    const connections = this.#services.settings.connections().filter(createsRepositories);
    if (connections.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          'None of your registries wants repositories created: a push creates them. Only Amazon ECR does.',
        ),
      );
      return undefined;
    }
    return pickConnection(connections, title);
  }
}
