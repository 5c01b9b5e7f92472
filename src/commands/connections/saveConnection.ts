/** Saves what a form answered: the secret first, so that a saved connection never lacks it. */
import type * as vscode from 'vscode';
import type { RegistriesNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import { connectionId, type Connection } from '../../platform/Connection.ts';
import type { ConnectionSettings } from '../../platform/ConnectionSettings.ts';
import type { SecretCredentials } from '../../platform/SecretCredentials.ts';
import type { ConnectionAnswers } from './ConnectionForm.ts';

export async function saveConnection(
  { setting, secret, keyPassphrase }: ConnectionAnswers,
  settings: ConnectionSettings,
  secrets: SecretCredentials,
): Promise<Connection> {
  if (secret !== undefined) {
    await secrets.store(connectionId(setting), setting.url, setting.username, secret);
  }
  if (keyPassphrase !== undefined) await secrets.keyPassphrases.store(setting, keyPassphrase);
  return settings.save(setting);
}

/** Shows the connection in the tree, opened. */
export async function revealConnection(
  id: string,
  tree: RegistriesTree,
  view: vscode.TreeView<RegistriesNode>,
): Promise<void> {
  const node = tree.registryNodes().find(({ connectionId }) => connectionId === id);
  if (node) await view.reveal(node, { expand: true, focus: true, select: true });
}
