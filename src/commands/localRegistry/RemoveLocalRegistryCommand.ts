import * as vscode from 'vscode';
import { dismissed } from '../../platform/ask.ts';
import type { Connection } from '../../platform/Connection.ts';
import { LocalContainerCommand } from './LocalContainerCommand.ts';

/** Removes the container of a local registry and its connection; its images only when that is chosen. */
export class RemoveLocalRegistryCommand extends LocalContainerCommand {
  readonly id = 'berth.removeLocalRegistry';

  protected async act(connection: Connection, container: string): Promise<void> {
    const keep = vscode.l10n.t('Remove, Keep Images');
    const everything = vscode.l10n.t('Remove with Images');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Remove the local registry "{0}"?', container),
      {
        modal: true,
        detail: vscode.l10n.t(
          'Its container and the connection go. Its images are in a volume: kept, they are there again when you run a registry with the same volume; removed, they are gone for good.',
        ),
      },
      keep,
      everything,
    );
    if (answer === undefined) throw dismissed();
    await this.run(vscode.l10n.t('Removing local registry "{0}"', container), ({ signal }) =>
      this.services.localRegistry.remove(container, { volume: answer === everything }, signal),
    );
    await this.services.settings.remove(connection.id);
  }
}
