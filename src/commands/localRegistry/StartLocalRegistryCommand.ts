import * as vscode from 'vscode';
import type { Connection } from '../../platform/Connection.ts';
import { LocalContainerCommand } from './LocalContainerCommand.ts';

/** Starts the stopped container of a local registry, or makes it again from its volume. */
export class StartLocalRegistryCommand extends LocalContainerCommand {
  readonly id = 'berth.startLocalRegistry';

  protected async act(connection: Connection, container: string): Promise<void> {
    const suggested = vscode.workspace.getConfiguration('berth.localRegistry');
    const volume = suggested.get<string>('volume');
    await this.run(vscode.l10n.t('Starting local registry "{0}"', container), async ({ signal, append }) => {
      await this.services.localRegistry.start(
        {
          name: container,
          port: Number(new URL(connection.url).port || 80),
          image: suggested.get('image', 'registry:2'),
          deleteEnabled: true,
          ...(volume && { volume }),
        },
        { signal, onOutput: append },
      );
    });
  }
}
