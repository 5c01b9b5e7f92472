import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { FoundRepository } from '../../core/providers/RegistryProvider.ts';
import { askPick, dismissed, GoBack } from '../../platform/ask.ts';
import { parseConnection, type Connection, type ConnectionSetting } from '../../platform/Connection.ts';
import { kindOf } from '../../platform/connectionKind.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import { tryCreateEndpoint } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

/** A person is still typing: what is asked meanwhile nobody waits for. */
const TYPING_PAUSE_MS = 300;

/** What Docker Hub is without a connection, and what one made from a find begins with. */
const DOCKER_HUB: ConnectionSetting = {
  url: 'https://docker.io',
  name: 'Docker Hub',
  provider: 'dockerHub',
  auth: 'docker',
};

type Next = 'pin' | 'pull' | 'browse' | 'copy';

type Needs = Pick<Services, 'settings' | 'sessions' | 'registriesTree' | 'registriesView'>;

/** Finds public images on Docker Hub, and pins, pulls, copies or opens what was found. */
export class SearchDockerHubCommand implements Command {
  readonly id = 'berth.searchDockerHub';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(text = ''): Promise<void> {
    const connection = this.#connection();
    const session = connection
      ? await this.#services.sessions.open(connection.id)
      : await this.#services.sessions.create(anonymousHub());
    try {
      await this.#searchWith(session, connection, text);
    } finally {
      if (!connection) await session.dispose();
    }
  }

  async #searchWith(
    { provider }: RegistrySession,
    connection: Connection | undefined,
    text: string,
  ): Promise<void> {
    const title = vscode.l10n.t('Search Docker Hub');
    let typed = text;
    for (;;) {
      const found = await askFound(title, typed, async (query, signal) => {
        typed = query;
        return (await provider.search?.(query, signal)) ?? [];
      });
      const { repository } = found;
      try {
        switch (await askNext(title, repository)) {
          case 'pin':
            await this.#pin(connection, repository);
            return;
          case 'pull':
            await vscode.commands.executeCommand('berth.pullImage', { reference: `${repository}:latest` });
            return;
          case 'copy':
            await vscode.env.clipboard.writeText(repository);
            return;
          case 'browse':
            await vscode.env.openExternal(vscode.Uri.parse(provider.webUrl(repository) ?? '', true));
            return;
        }
      } catch (error) {
        if (!(error instanceof GoBack)) throw error;
      }
    }
  }

  /** Shows it in the tree, below Docker Hub, which is connected where it was not. */
  async #pin(connection: Connection | undefined, repository: string): Promise<void> {
    const { id } =
      connection ?? (await this.#services.settings.save({ ...DOCKER_HUB, repositories: [repository] }));
    if (connection) {
      const repositories = [...new Set([...connection.repositories, repository])];
      await this.#services.settings.update(id, { repositories });
    }
    const node = this.#services.registriesTree.repositoryNode(id, repository);
    if (node) await this.#services.registriesView.reveal(node, { expand: true, select: true, focus: true });
  }

  /** All of Docker Hub, not one namespace of it. */
  #connection(): Connection | undefined {
    return this.#services.settings
      .connections()
      .find((each) => kindOf(each) === 'dockerHub' && tryCreateEndpoint(each)?.namespacePrefix === '');
  }
}

function anonymousHub(): Connection {
  const connection = parseConnection({ ...DOCKER_HUB, auth: 'anonymous' }, 0);
  if ('problem' in connection) throw new Error(connection.problem);
  return connection;
}

type FoundItem = vscode.QuickPickItem & { readonly found?: FoundRepository };

/** Asks as is typed; an answer to what was typed before is dropped. */
function askFound(
  title: string,
  text: string,
  search: (query: string, signal: AbortSignal) => Promise<readonly FoundRepository[]>,
): Promise<FoundRepository> {
  const picker = vscode.window.createQuickPick<FoundItem>();
  picker.title = title;
  picker.placeholder = vscode.l10n.t('Name of an image, or what it is for: postgres, reverse proxy');
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.value = text;
  let running: AbortController | undefined;
  let pause: NodeJS.Timeout | undefined;
  const look = async (query: string) => {
    const controller = new AbortController();
    running = controller;
    picker.busy = true;
    try {
      const found = await search(query, controller.signal);
      if (controller.signal.aborted) return;
      picker.items =
        found.length > 0 ? found.map(itemOf) : [{ label: vscode.l10n.t('Nothing found'), alwaysShow: true }];
    } catch (error) {
      if (controller.signal.aborted || isCoreError(error, 'cancelled')) return;
      picker.items = [{ label: wordError(error).message, alwaysShow: true }];
    }
    picker.busy = false;
  };
  const onTyped = (value: string) => {
    clearTimeout(pause);
    running?.abort();
    const query = value.trim();
    picker.busy = query !== '';
    if (query === '') picker.items = [];
    else pause = setTimeout(() => void look(query), TYPING_PAUSE_MS);
  };
  return new Promise<FoundRepository>((resolve, reject) => {
    picker.onDidChangeValue(onTyped);
    picker.onDidAccept(() => {
      const found = picker.selectedItems[0]?.found;
      if (!found) return;
      resolve(found);
      picker.dispose();
    });
    picker.onDidHide(() => {
      clearTimeout(pause);
      running?.abort();
      reject(dismissed());
      picker.dispose();
    });
    if (text !== '') onTyped(text);
    picker.show();
  });
}

function itemOf(found: FoundRepository): FoundItem {
  return {
    label: toDisplayLine(found.repository),
    ...(found.isOfficial && { description: vscode.l10n.t('official image') }),
    ...(found.description && { detail: toDisplayLine(found.description, 200) }),
    iconPath: new vscode.ThemeIcon(found.isOfficial ? 'verified' : 'repo'),
    // The registry searches descriptions, too: what it found is shown whatever the name is.
    alwaysShow: true,
    found,
  };
}

async function askNext(title: string, repository: string): Promise<Next> {
  const { next } = await askPick<vscode.QuickPickItem & { next: Next }>({
    title: `${title}: ${repository}`,
    items: [
      { label: vscode.l10n.t('Pin in the Registries View'), iconPath: icon('pin'), next: 'pin' },
      {
        label: vscode.l10n.t('Pull {0}', `${repository}:latest`),
        iconPath: icon('cloud-download'),
        next: 'pull',
      },
      { label: vscode.l10n.t('Open in Browser'), iconPath: icon('link-external'), next: 'browse' },
      { label: vscode.l10n.t('Copy Name'), iconPath: icon('copy'), next: 'copy' },
    ],
    canGoBack: true,
  });
  return next;
}

function icon(id: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id);
}
