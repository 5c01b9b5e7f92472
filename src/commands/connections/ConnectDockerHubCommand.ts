import * as vscode from 'vscode';
import { ConnectRegistryCommand } from './ConnectRegistryCommand.ts';

/** Connects Docker Hub: the address is known, so the first question is how to sign in. */
export class ConnectDockerHubCommand extends ConnectRegistryCommand {
  override readonly id = 'berth.connectDockerHub';

  override execute(): Promise<void> {
    return this.connect(
      vscode.l10n.t('Connect Docker Hub'),
      {
        address: 'https://docker.io',
        name: 'Docker Hub',
        provider: 'dockerHub',
        repositories: [],
      },
      {},
    );
  }
}
