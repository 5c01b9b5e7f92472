/** What the palette has to ask for that a right-click would have known: a connection, a repository, a tag. */
import * as vscode from 'vscode';
import { sortTags } from '../core/oci/tagOrder.ts';
import type { RepositoryNode, TagNode } from '../explorer/nodes.ts';
import type { RegistriesTree } from '../explorer/RegistriesTree.ts';
import type { Connection } from '../platform/Connection.ts';
import type { ConnectionSettings } from '../platform/ConnectionSettings.ts';
import { askPick, dismissed } from '../platform/ask.ts';

/** Asks only where there is a choice. Without any connection it offers to make one. */
export async function askConnection(settings: ConnectionSettings, title: string): Promise<Connection> {
  const connections = settings.connections();
  if (connections.length === 0) {
    const connect = vscode.l10n.t('Connect a Registry…');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('No registry is connected yet.'),
      connect,
    );
    if (answer === connect) await vscode.commands.executeCommand('berth.connectRegistry');
    throw dismissed();
  }
  return pickConnection(connections, title);
}

/** Asks only where there is a choice. */
export async function pickConnection(connections: readonly Connection[], title: string): Promise<Connection> {
  const [only] = connections;
  if (only && connections.length === 1) return only;
  const { connection } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose a registry'),
    items: connections.map((candidate) => ({
      label: candidate.name,
      description: candidate.url,
      connection: candidate,
    })),
  });
  return connection;
}

/** `connection`: the id of one that is known already. */
export async function askRepositoryNode(
  tree: RegistriesTree,
  title: string,
  connection?: string,
): Promise<RepositoryNode> {
  const connectionId = connection ?? (await askConnectionId(tree, title));
  const { label } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose a repository'),
    items: tree
      .repositoryNames(connectionId, new AbortController().signal)
      .then((names) => names.map((name) => ({ label: name }))),
    custom: (text) => (text === '' ? undefined : { label: text }),
  });
  const node = tree.repositoryNode(connectionId, label);
  if (!node) throw dismissed();
  return node;
}

/** `connection`: the id of one that is known already. */
export async function askTagNode(tree: RegistriesTree, title: string, connection?: string): Promise<TagNode> {
  const { connectionId, repository } = await askRepositoryNode(tree, title, connection);
  const listTags = async () => {
    const { provider } = await tree.session({ connectionId });
    const { items } = await provider.listTags(repository, undefined, new AbortController().signal);
    return sortTags(items, 'version').map(({ name }) => ({ label: name }));
  };
  const { label } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose a tag of {0}', repository),
    items: listTags(),
    custom: (text) => (text === '' ? undefined : { label: text }),
  });
  const node = tree.tagNode(connectionId, repository, label);
  if (!node) throw dismissed();
  return node;
}

async function askConnectionId(tree: RegistriesTree, title: string): Promise<string> {
  const registries = tree.registryNodes();
  if (registries.length === 1) return registries[0]!.connectionId;
  const { connectionId } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose a registry'),
    items: registries.map((node) => ({
      label: node.connection.name,
      description: node.connection.url,
      connectionId: node.connectionId,
    })),
  });
  return connectionId;
}
