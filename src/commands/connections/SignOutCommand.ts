import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import * as vscode from 'vscode';

/** Forgets the password that Berth keeps for a connection; what Docker knows stays Docker's. */
export class SignOutCommand implements Command {
  readonly id = 'berth.signOut';
  readonly #settings: ConnectionSettings;
  readonly #secrets: SecretCredentials;
  readonly #sessions: RegistrySessions;

  constructor(settings: ConnectionSettings, secrets: SecretCredentials, sessions: RegistrySessions) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#sessions = sessions;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const connection =
      (node && this.#settings.get(node.connectionId)) ??
      (await askConnection(this.#settings, vscode.l10n.t('Sign Out')));
    await this.#secrets.delete(connection.id);
    this.#sessions.reset(connection.id);
  }
}
