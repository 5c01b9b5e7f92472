import * as vscode from 'vscode';
import type { RepositoryNode, TagNode } from '../../explorer/nodes.ts';
import type { RegistriesTree } from '../../explorer/RegistriesTree.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';

/** Opens the registry's own web page of a repository or tag, where it has one. */
export class OpenInBrowserCommand implements Command {
  readonly id = 'berth.openInBrowser';
  readonly #sessions: RegistrySessions;
  readonly #tree: RegistriesTree;

  constructor(sessions: RegistrySessions, tree: RegistriesTree) {
    this.#sessions = sessions;
    this.#tree = tree;
  }

  async execute(node?: RepositoryNode | TagNode): Promise<void> {
    const target = node ?? (await askRepositoryNode(this.#tree, vscode.l10n.t('Open in Browser')));
    const { provider, endpoint } = await this.#sessions.open(target.connectionId);
    const url = provider.webUrl(target.repository, target.kind === 'tag' ? target.tag : undefined);
    if (url === undefined) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('{0} has no web page that Berth knows.', endpoint.host),
      );
      return;
    }
    await vscode.env.openExternal(vscode.Uri.parse(url, true));
  }
}
