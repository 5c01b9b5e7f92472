import * as vscode from 'vscode';
import type { Logger } from '../../core/common/Logger.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import { connectionId } from '../../platform/Connection.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import { ConnectionForm, displayHost } from './ConnectionForm.ts';

/** Asks for credentials of a connection again and tests them. True when signed in. */
export class SignInCommand implements Command {
  readonly id = 'berth.signIn';
  readonly #settings: ConnectionSettings;
  readonly #secrets: SecretCredentials;
  readonly #sessions: RegistrySessions;
  readonly #logger: Logger;

  constructor(
    settings: ConnectionSettings,
    secrets: SecretCredentials,
    sessions: RegistrySessions,
    logger: Logger,
  ) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#sessions = sessions;
    this.#logger = logger;
  }

  async execute(node?: { readonly connectionId: string }): Promise<boolean> {
    const connection =
      (node && this.#settings.get(node.connectionId)) ??
      (await askConnection(this.#settings, vscode.l10n.t('Sign In')));
    const { id, url, name, repositories, ...rest } = connection;
    const { setting, secret, keyPassphrase } = await new ConnectionForm(
      this.#sessions,
      this.#logger,
      vscode.l10n.t('Sign In to {0}', name),
      {
        ...rest,
        address: url,
        ...(name !== displayHost(url) && { name }),
        repositories: [...repositories],
      },
    ).ask({ withAddress: false });
    const newId = connectionId(setting);
    if (secret !== undefined) await this.#secrets.store(newId, url, setting.username, secret);
    if (keyPassphrase !== undefined) await this.#secrets.keyPassphrases.store(setting, keyPassphrase);
    await this.#settings.replace(id, setting);
    if (newId !== id || secret === undefined) await this.#secrets.delete(id);
    this.#sessions.reset(newId);
    return true;
  }
}
