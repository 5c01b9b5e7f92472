import * as vscode from 'vscode';
import type { Connection } from '../../platform/Connection.ts';
import { LocalContainerCommand } from './LocalContainerCommand.ts';

/** Stops a local registry; its images stay. */
export class StopLocalRegistryCommand extends LocalContainerCommand {
  readonly id = 'berth.stopLocalRegistry';

  protected async act(_connection: Connection, container: string): Promise<void> {
    await this.run(vscode.l10n.t('Stopping local registry "{0}"', container), ({ signal }) =>
      this.services.localRegistry.stop(container, signal),
    );
  }
}
