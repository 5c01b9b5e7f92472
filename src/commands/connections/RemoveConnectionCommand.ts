import * as vscode from 'vscode';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import { confirm } from '../../platform/ask.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';

/** Removes a connection and its secret. The registry itself is not touched. */
export class RemoveConnectionCommand implements Command {
  readonly id = 'berth.removeConnection';
  readonly #settings: ConnectionSettings;
  readonly #secrets: SecretCredentials;

  constructor(settings: ConnectionSettings, secrets: SecretCredentials) {
    this.#settings = settings;
    this.#secrets = secrets;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const connection =
      (node && this.#settings.get(node.connectionId)) ??
      (await askConnection(this.#settings, vscode.l10n.t('Remove Connection')));
    const agreed = await confirm(
      vscode.l10n.t('Remove the connection "{0}"?', connection.name),
      vscode.l10n.t('Nothing in the registry changes. A password kept for the connection is forgotten.'),
      vscode.l10n.t('Remove'),
    );
    if (!agreed) return;
    await this.#settings.remove(connection.id);
    await this.#secrets.delete(connection.id);
    await this.#secrets.keyPassphrases.delete(connection);
  }
}
