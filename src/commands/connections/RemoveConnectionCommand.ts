import * as vscode from 'vscode';
import { confirm } from '../../platform/ask.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

type Needs = Pick<Services, 'settings' | 'secrets'>;

/** Removes a connection and its secret. The registry itself is not touched. */
export class RemoveConnectionCommand implements Command {
  readonly id = 'berth.removeConnection';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ??
      (await askConnection(this.#services.settings, vscode.l10n.t('Remove Connection')));
    const agreed = await confirm(
      vscode.l10n.t('Remove the connection "{0}"?', connection.name),
      vscode.l10n.t('Nothing in the registry changes. A password kept for the connection is forgotten.'),
      vscode.l10n.t('Remove'),
    );
    if (!agreed) return;
    await this.#services.settings.remove(connection.id);
    await this.#services.secrets.delete(connection.id);
    await this.#services.secrets.keyPassphrases.delete(connection);
  }
}
