import * as vscode from 'vscode';
import { parseRepositoryName } from '../../core/oci/reference.ts';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { askText } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { createsRepositories } from '../../platform/connectionKind.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import { pickConnection } from '../askTarget.ts';
import { problemOfRepository } from '../problemOfRepository.ts';

/** Creates an empty repository, where the registry wants one to be there before a push. */
export class CreateRepositoryCommand implements Command {
  readonly id = 'berth.createRepository';
  readonly #settings: ConnectionSettings;
  readonly #sessions: RegistrySessions;
  readonly #tree: RegistriesTree;
  readonly #view: vscode.TreeView<RegistriesNode>;

  constructor(
    settings: ConnectionSettings,
    sessions: RegistrySessions,
    tree: RegistriesTree,
    view: vscode.TreeView<RegistriesNode>,
  ) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#tree = tree;
    this.#view = view;
  }

  async execute(node?: { readonly connectionId: string; readonly namespace?: string }): Promise<void> {
    const title = vscode.l10n.t('Create Repository');
    const connection = (node && this.#settings.get(node.connectionId)) ?? (await this.#askConnection(title));
    if (!connection) return;
    const repository = await askText({
      title,
      prompt: vscode.l10n.t('Name of the new repository in {0}', connection.name),
      placeholder: 'team/app',
      value: node?.namespace ? `${node.namespace}/` : '',
      validate: problemOfRepository,
      accept: async (text, signal) => {
        const name = parseRepositoryName(text.trim());
        const { provider } = await this.#sessions.open(connection.id);
        await provider.createRepository?.(name, signal);
        return name;
      },
      describe: (error) => wordError(error).message,
    });
    this.#sessions.notifyRepositoryChanged(connection.id, repository);
    void vscode.window.showInformationMessage(vscode.l10n.t('Created {0}.', repository));
    const created = this.#tree.repositoryNode(connection.id, repository);
    if (created) await this.#view.reveal(created, { select: true, focus: true });
  }

  /** Asks only where there is a choice; undefined where nothing connected wants repositories created. */
  async #askConnection(title: string): Promise<Connection | undefined> {
    const connections = this.#settings.connections().filter(createsRepositories);
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
