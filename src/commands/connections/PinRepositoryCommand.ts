import * as vscode from 'vscode';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import { askText } from '../../platform/ask.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { problemOfRepositories, splitRepositories } from './repositoryNames.ts';

/** Adds repositories to a connection that are shown even where the registry does not list them. */
export class PinRepositoryCommand implements Command {
  readonly id = 'berth.pinRepository';
  readonly #settings: ConnectionSettings;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  async execute(node?: { readonly connectionId: string; readonly namespace?: string }): Promise<void> {
    const title = vscode.l10n.t('Pin Repository');
    const connection =
      (node && this.#settings.get(node.connectionId)) ?? (await askConnection(this.#settings, title));
    const names = await askText({
      title,
      prompt: vscode.l10n.t('Repository of {0}; several are separated by commas', connection.name),
      placeholder: 'team/app',
      value: node?.namespace ? `${node.namespace}/` : '',
      validate: (text) => (text.endsWith('/') ? undefined : problemOfRepositories(text)),
      accept: (text) => splitRepositories(text),
    });
    const repositories = [...new Set([...connection.repositories, ...names])];
    await this.#settings.update(connection.id, { repositories });
  }
}
