/** Start, stop and remove of a local registry: the container that a connection names. */
import * as vscode from 'vscode';
import type { ActivityHandle } from '../../platform/Activity.ts';
import { askPick, dismissed } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

export type LocalContainerServices = Pick<Services, 'localRegistry' | 'settings' | 'sessions' | 'activity'>;

export abstract class LocalContainerCommand implements Command {
  abstract readonly id: string;
  protected readonly services: LocalContainerServices;

  constructor(services: LocalContainerServices) {
    this.services = services;
  }

  async execute(node?: { readonly connectionId: string }): Promise<void> {
    const connection = await this.#connection(node);
    await this.act(connection, connection.localContainer);
    this.services.sessions.reset(connection.id);
  }

  protected abstract act(connection: Connection, container: string): Promise<void>;

  protected run(title: string, work: (handle: ActivityHandle) => Promise<void>): Promise<unknown> {
    return this.services.activity.run({ title, icon: 'server-environment' }, async (handle) => {
      await work(handle);
      return {};
    });
  }

  async #connection(
    node: { readonly connectionId: string } | undefined,
  ): Promise<Connection & { readonly localContainer: string }> {
    const local = this.services.settings
      .connections()
      .filter((connection) => isLocal(connection))
      .filter(({ id }) => node === undefined || id === node.connectionId);
    if (local.length === 1) return local[0]!;
    if (local.length === 0) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('Berth runs no local registry here. Run one with "Run a Local Registry".'),
      );
      throw dismissed();
    }
    const { connection } = await askPick({
      title: vscode.l10n.t('Local Registry'),
      items: local.map((candidate) => ({
        label: candidate.name,
        description: candidate.url,
        connection: candidate,
      })),
    });
    return connection;
  }
}

function isLocal(connection: Connection): connection is Connection & { readonly localContainer: string } {
  return connection.localContainer !== undefined;
}
