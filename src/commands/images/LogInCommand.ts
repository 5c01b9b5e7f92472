import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { DOCKER_HUB_HOST } from '../../core/oci/reference.ts';
import { parseRegistryUrl } from '../../core/registry/parseRegistryUrl.ts';
import { askPick, askText } from '../../platform/ask.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import { problemOf } from '../problemOf.ts';
import type { DockerSignIn } from './DockerSignIn.ts';

/** `docker login`, with the password on stdin only. */
export class LogInCommand implements Command {
  readonly id = 'berth.logIn';
  readonly #settings: ConnectionSettings;
  readonly #signIn: DockerSignIn;

  constructor(settings: ConnectionSettings, signIn: DockerSignIn) {
    this.#settings = settings;
    this.#signIn = signIn;
  }

  async execute(): Promise<void> {
    const host = await this.#askHost(vscode.l10n.t('Log In to Registry'));
    await this.#signIn.logIn(host);
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Docker is logged in to {0}.', toDisplayLine(host)),
    );
  }

  async #askHost(title: string): Promise<string> {
    const hosts = new Map<string, string>();
    for (const connection of this.#settings.connections()) {
      const host = tryCreateEndpoint(connection)?.referenceHost.split('/')[0];
      if (host !== undefined && !hosts.has(host)) hosts.set(host, connection.name);
    }
    if (!hosts.has(DOCKER_HUB_HOST)) hosts.set(DOCKER_HUB_HOST, 'Docker Hub');
    const { host } = await askPick<vscode.QuickPickItem & { host: string | undefined }>({
      title,
      placeholder: vscode.l10n.t('Choose a registry'),
      items: [
        ...[...hosts].map(([each, name]) => ({ label: name, description: each, host: each })),
        { label: vscode.l10n.t('Type an Address…'), host: undefined },
      ],
    });
    return (
      host ??
      askText({
        title,
        prompt: vscode.l10n.t('Address of the registry'),
        placeholder: 'ghcr.io, localhost:5000',
        validate: (text) => (text === '' ? undefined : problemOf(() => parseRegistryUrl(text))),
        accept: (text) => parseRegistryUrl(text).host,
        describe: (error) => wordError(error).message,
      })
    );
  }
}
