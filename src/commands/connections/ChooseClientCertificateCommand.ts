import * as vscode from 'vscode';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askClientCertificate, askKeyPassphrase } from './askCertificateFiles.ts';

type Needs = Pick<Services, 'settings' | 'secrets' | 'sessions'>;

/** Chooses the certificate that a connection shows to its registry, or types the passphrase of its key. True when done. */
export class ChooseClientCertificateCommand implements Command {
  readonly id = 'berth.chooseClientCertificate';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string }, step?: unknown): Promise<boolean> {
    const title = vscode.l10n.t('Choose Client Certificate');
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ??
      (await askConnection(this.#services.settings, title));
    const { id, url } = connection;
    if (step === 'enterPassphrase') {
      await this.#services.secrets.keyPassphrases.store(
        connection,
        await askKeyPassphrase(title, connection),
      );
    } else {
      const answer = await askClientCertificate(title, connection);
      if (!answer) return false;
      const { keyPassphrase, clientCertFile, clientKeyFile } = answer;
      const files = { clientCertFile, clientKeyFile };
      if (keyPassphrase !== undefined) {
        await this.#services.secrets.keyPassphrases.store({ url, ...files }, keyPassphrase);
      }
      await this.#services.settings.update(id, files);
    }
    this.#services.sessions.reset(id);
    return true;
  }
}
