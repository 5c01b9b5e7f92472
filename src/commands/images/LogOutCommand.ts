import * as vscode from 'vscode';
import { listKnownRegistries } from '../../core/credentials/knownRegistries.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { askPick } from '../../platform/ask.ts';
import { credentialEnvironment } from '../../platform/credentialEnvironment.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

type Needs = Pick<Services, 'docker' | 'settings' | 'sessions'>;

/** `docker logout` from a registry Docker is logged in to. */
export class LogOutCommand implements Command {
  readonly id = 'berth.logOut';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    const { signal } = new AbortController();
    const { registries } = await listKnownRegistries(credentialEnvironment(), signal);
    const keys = new Map(registries.map(({ key, username }) => [key, username]));
    if (keys.size === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Docker is not logged in to any registry.'));
      return;
    }
    const { key } = await askPick({
      title: vscode.l10n.t('Log Out of Registry'),
      placeholder: vscode.l10n.t('Registries Docker is logged in to'),
      items: [...keys].map(([each, username]) => ({
        label: toDisplayLine(hostOf(each) ?? 'Docker Hub'),
        ...(username !== undefined && { description: toDisplayLine(username) }),
        key: each,
      })),
    });
    await this.#services.docker.logout(hostOf(key), signal);
    for (const connection of this.#services.settings.connections()) {
      const usesDocker = connection.auth === 'docker';
      if (usesDocker && tryCreateEndpoint(connection)?.credentialKey === key) {
        this.#services.sessions.reset(connection.id);
      }
    }
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Docker is logged out of {0}.', toDisplayLine(hostOf(key) ?? 'Docker Hub')),
    );
  }
}

/** What `docker logout` takes for a key of Docker's configuration; undefined for Docker Hub. */
function hostOf(key: string): string | undefined {
  return key.includes('://') ? undefined : key;
}
