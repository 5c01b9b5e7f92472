import * as vscode from 'vscode';
import type { Connection } from '../../platform/Connection.ts';
import { connectionId } from '../../platform/Connection.ts';
import { askPick, askText } from '../../platform/ask.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';
import { askCertificateAuthority } from './askCertificateFiles.ts';
import { ConnectionForm } from './ConnectionForm.ts';
import { displayHost } from './displayHost.ts';
import { problemOfRepositories, splitRepositories } from './repositoryNames.ts';

type Needs = Pick<Services, 'settings' | 'secrets' | 'sessions' | 'logger'>;

/** Changes a connection: its name, address, sign-in, certificates or pinned repositories. */
export class EditConnectionCommand implements Command {
  readonly id = 'berth.editConnection';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const title = vscode.l10n.t('Edit Connection');
    const connection =
      (node && this.#services.settings.get(node.connectionId)) ??
      (await askConnection(this.#services.settings, title));
    const part = await askPick({
      title: `${title}: ${connection.name}`,
      placeholder: vscode.l10n.t('What do you want to change?'),
      items: [
        { label: vscode.l10n.t('Name'), description: connection.name, part: 'name' as const },
        {
          label: vscode.l10n.t('Address and Sign-In'),
          description: displayHost(connection.url),
          part: 'address' as const,
        },
        {
          label: vscode.l10n.t('Pinned Repositories'),
          description: connection.repositories.join(', '),
          part: 'repositories' as const,
        },
        {
          label: vscode.l10n.t('Client Certificate'),
          description: connection.clientCertFile ?? vscode.l10n.t('none'),
          part: 'clientCertificate' as const,
        },
        {
          label: vscode.l10n.t('Certificate Authority'),
          description: connection.caFile ?? vscode.l10n.t('the system’s'),
          part: 'authority' as const,
        },
        { label: vscode.l10n.t('Open Settings (JSON)'), part: 'json' as const },
      ],
    });
    switch (part.part) {
      case 'name':
        return this.#editName(connection, title);
      case 'address':
        return this.#editAddress(connection, title);
      case 'repositories':
        return this.#editRepositories(connection, title);
      case 'clientCertificate':
        return this.#editClientCertificate(connection, title);
      case 'authority':
        return this.#editAuthority(connection, title);
      case 'json':
        await vscode.commands.executeCommand('workbench.action.openSettingsJson', {
          revealSetting: { key: 'berth.connections' },
        });
    }
  }

  async #editName(connection: Connection, title: string): Promise<void> {
    const name = await askText({
      title,
      prompt: vscode.l10n.t('Name shown in the tree; empty for the address'),
      value: connection.name,
      accept: (text) => text.trim(),
    });
    await this.#services.settings.update(connection.id, { name: name || undefined });
  }

  async #editRepositories(connection: Connection, title: string): Promise<void> {
    const repositories = await askText({
      title,
      prompt: vscode.l10n.t('Pinned repositories, separated by commas'),
      value: connection.repositories.join(', '),
      validate: problemOfRepositories,
      accept: splitRepositories,
    });
    await this.#services.settings.update(connection.id, { repositories });
  }

  async #editClientCertificate(connection: Connection, title: string): Promise<void> {
    const choose = vscode.l10n.t('Choose Client Certificate…');
    const none = vscode.l10n.t('Show No Certificate');
    if (await this.#askChoose(connection, title, connection.clientCertFile, choose, none)) {
      await vscode.commands.executeCommand('berth.chooseClientCertificate', { connectionId: connection.id });
      return;
    }
    await this.#services.secrets.keyPassphrases.delete(connection);
    await this.#services.settings.update(connection.id, {
      clientCertFile: undefined,
      clientKeyFile: undefined,
    });
    this.#services.sessions.reset(connection.id);
  }

  async #editAuthority(connection: Connection, title: string): Promise<void> {
    const { id, caFile: current } = connection;
    const choose = vscode.l10n.t('Choose Certificate Authority…');
    const none = vscode.l10n.t('Trust Only the System’s Authorities');
    const isNew = await this.#askChoose(connection, title, current, choose, none);
    const caFile = isNew ? await askCertificateAuthority(current) : undefined;
    if (isNew && caFile === undefined) return;
    await this.#services.settings.update(id, { caFile });
    this.#services.sessions.reset(id);
  }

  /** True to choose a file, false to name none any more. */
  async #askChoose(
    connection: Connection,
    title: string,
    current: string | undefined,
    choose: string,
    none: string,
  ): Promise<boolean> {
    const { isNew } = await askPick({
      title: `${title}: ${connection.name}`,
      placeholder: current ?? vscode.l10n.t('No file is named yet'),
      items: [
        { label: choose, isNew: true },
        ...(current === undefined ? [] : [{ label: none, isNew: false }]),
      ],
    });
    return isNew;
  }

  async #editAddress(connection: Connection, title: string): Promise<void> {
    const { id, url, name, ...rest } = connection;
    const answers = await new ConnectionForm(this.#services, title, {
      ...rest,
      address: url,
      ...(name !== displayHost(url) && { name }),
      repositories: [...connection.repositories],
    }).ask({ withAddress: true });
    const newId = connectionId(answers.setting);
    if (answers.secret !== undefined) {
      await this.#services.secrets.store(
        newId,
        answers.setting.url,
        answers.setting.username,
        answers.secret,
      );
    }
    const { setting, keyPassphrase } = answers;
    if (keyPassphrase !== undefined) {
      await this.#services.secrets.keyPassphrases.store(setting, keyPassphrase);
    }
    await this.#services.settings.replace(id, answers.setting);
    if (newId !== id || answers.secret === undefined) await this.#services.secrets.delete(id);
    this.#services.sessions.reset(newId);
  }
}
