import * as vscode from 'vscode';
import type { RepositoryNode, TagNode } from '../../explorer/nodes.ts';
import { askRepositoryNode } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

type Needs = Pick<Services, 'sessions' | 'registriesTree'>;

/** Opens the registry's own web page of a repository or tag, where it has one. */
export class OpenInBrowserCommand implements Command {
  readonly id = 'berth.openInBrowser';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(node?: RepositoryNode | TagNode): Promise<void> {
    const target =
      node ?? (await askRepositoryNode(this.#services.registriesTree, vscode.l10n.t('Open in Browser')));
    const { provider, endpoint } = await this.#services.sessions.open(target.connectionId);
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
