import * as vscode from 'vscode';
import { connectionId } from '../../platform/Connection.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { ConnectionForm } from './ConnectionForm.ts';
import { displayHost } from './displayHost.ts';

type Needs = Pick<Services, 'settings' | 'secrets' | 'sessions' | 'logger'>;

/** Asks for credentials of a connection again and tests them. True when signed in. */
export class SignInCommand implements Command {
  readonly id = 'berth.signIn';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string }): Promise<boolean> {
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ??
      (await askConnection(this.#services.settings, vscode.l10n.t('Sign In')));
    const { id, url, name, repositories, ...rest } = connection;
    const { setting, secret, keyPassphrase } = await new ConnectionForm(
      this.#services,
      vscode.l10n.t('Sign In to {0}', name),
      {
        ...rest,
        address: url,
        ...(name !== displayHost(url) && { name }),
        repositories: [...repositories],
      },
    ).ask({ withAddress: false });
    const newId = connectionId(setting);
    if (secret !== undefined) await this.#services.secrets.store(newId, url, setting.username, secret);
    if (keyPassphrase !== undefined) {
      await this.#services.secrets.keyPassphrases.store(setting, keyPassphrase);
    }
    await this.#services.settings.replace(id, setting);
    if (newId !== id || secret === undefined) await this.#services.secrets.delete(id);
    this.#services.sessions.reset(newId);
    return true;
  }
}
