/** Creates an empty repository where a registry wants it to be there before a push, with progress and Cancel. */
import * as vscode from 'vscode';
import type { RegistryProvider } from '../../core/providers/RegistryProvider.ts';
import { createSignal } from '../../platform/cancellation.ts';

/** @param repository relative to the provider's connection. @throws CoreError. */
export async function createRepository(provider: RegistryProvider, repository: string): Promise<void> {
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Creating repository {0}', repository),
      cancellable: true,
    },
    async (_, token) => {
      using cancellation = createSignal(token);
      await provider.createRepository?.(repository, cancellation.signal);
    },
  );
}

/** Whether a person agrees that a repository is created. */
export async function agreesToCreate(host: string, repository: string): Promise<boolean> {
  const button = vscode.l10n.t('Create Repository');
  const question = vscode.l10n.t(
    '{0} has no repository "{1}", and takes images only for repositories that are there.',
    host,
    repository,
  );
  return (await vscode.window.showErrorMessage(question, button)) === button;
}
