import * as vscode from 'vscode';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { askClientCertificate, askKeyPassphrase } from './askCertificateFiles.ts';

/** Chooses the certificate that a connection shows to its registry, or types the passphrase of its key. True when done. */
export class ChooseClientCertificateCommand implements Command {
  readonly id = 'berth.chooseClientCertificate';
  readonly #settings: ConnectionSettings;
  readonly #secrets: SecretCredentials;
  readonly #sessions: RegistrySessions;

  constructor(settings: ConnectionSettings, secrets: SecretCredentials, sessions: RegistrySessions) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#sessions = sessions;
  }

  async execute(node?: { readonly connectionId: string }, step?: unknown): Promise<boolean> {
    const title = vscode.l10n.t('Choose Client Certificate');
    const connection =
      (node && this.#settings.get(node.connectionId)) ?? (await askConnection(this.#settings, title));
    const { id, url } = connection;
    if (step === 'enterPassphrase') {
      await this.#secrets.keyPassphrases.store(connection, await askKeyPassphrase(title, connection));
    } else {
      const answer = await askClientCertificate(title, connection);
      if (!answer) return false;
      const { keyPassphrase, clientCertFile, clientKeyFile } = answer;
      const files = { clientCertFile, clientKeyFile };
      if (keyPassphrase !== undefined) {
        await this.#secrets.keyPassphrases.store({ url, ...files }, keyPassphrase);
      }
      await this.#settings.update(id, files);
    }
    this.#sessions.reset(id);
    return true;
  }
}
