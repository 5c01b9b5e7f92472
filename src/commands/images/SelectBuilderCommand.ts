import * as vscode from 'vscode';
import type { Builder } from '../../core/docker/commands/buildxLsCommand.ts';
import type { Docker } from '../../core/docker/Docker.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { askPick } from '../../platform/ask.ts';
import type { Command } from '../Command.ts';

/** Which buildx builder Build Image starts from. */
export class SelectBuilderCommand implements Command {
  readonly id = 'berth.selectBuilder';
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async execute(): Promise<void> {
    const settings = vscode.workspace.getConfiguration('berth.build');
    const selected = settings.get<string>('builder', '');
    const name = await askBuilder(this.#docker, vscode.l10n.t('Select Builder'), selected, false);
    if (name !== undefined && name !== selected) {
      await settings.update('builder', name || undefined, vscode.ConfigurationTarget.Global);
    }
  }
}

/** Name of a builder, '' for the current one; undefined where there is no buildx, which the person was told. */
export async function askBuilder(
  docker: Docker,
  title: string,
  selected: string,
  canGoBack: boolean,
): Promise<string | undefined> {
  const builders = await docker.builders(new AbortController().signal);
  if (builders.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The Docker client has no buildx, so there are no builders to choose from.'),
    );
    return undefined;
  }
  const { name } = await askPick({
    title,
    placeholder: vscode.l10n.t('Choose a builder'),
    items: [
      {
        label: vscode.l10n.t('Docker’s Own Choice'),
        description: builders.find(({ isCurrent }) => isCurrent)?.name ?? '',
        name: '',
      },
      ...builders.map((builder) => ({
        label: toDisplayLine(builder.name),
        description: toDisplayLine(builder.driver),
        detail: describeNodes(builder),
        name: builder.name,
      })),
    ],
    active: (item) => item.name === selected,
    canGoBack,
  });
  return name;
}

/** `running · unix:///… · linux/amd64, linux/arm64`, of every node. */
function describeNodes({ nodes }: Builder): string {
  return nodes
    .map(({ status, endpoint, platforms }) =>
      toDisplayLine([status, endpoint, platforms.join(', ')].filter(Boolean).join(' · ')),
    )
    .join('; ');
}
