import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import * as vscode from 'vscode';

type Needs = Pick<Services, 'settings' | 'secrets' | 'sessions'>;

/** Forgets the password that Berth keeps for a connection; what Docker knows stays Docker's. */
export class SignOutCommand implements Command {
  readonly id = 'berth.signOut';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ??
      (await askConnection(this.#services.settings, vscode.l10n.t('Sign Out')));
    await this.#services.secrets.delete(connection.id);
    this.#services.sessions.reset(connection.id);
  }
}
