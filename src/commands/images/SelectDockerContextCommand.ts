import * as vscode from 'vscode';
import type { Docker } from '../../core/docker/Docker.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { askPick } from '../../platform/ask.ts';
import type { Command } from '../Command.ts';

/** Which engine the Docker commands talk to. */
export class SelectDockerContextCommand implements Command {
  readonly id = 'berth.selectDockerContext';
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async execute(): Promise<void> {
    const settings = vscode.workspace.getConfiguration('berth.docker');
    const selected = settings.get<string>('context', '');
    const listed = this.#docker.contexts(new AbortController().signal).then((contexts) => [
      {
        label: vscode.l10n.t('Docker’s Own Choice'),
        description: contexts.find(({ isCurrent }) => isCurrent)?.name ?? '',
        detail: vscode.l10n.t('What the Docker CLI uses: DOCKER_HOST, DOCKER_CONTEXT or docker context use'),
        name: '',
      },
      ...contexts.map(({ name, endpoint, description, error }) => ({
        label: toDisplayLine(name),
        description: toDisplayLine(endpoint),
        detail: toDisplayLine(error ?? description),
        name,
      })),
    ]);
    const { name } = await askPick({
      title: vscode.l10n.t('Select Docker Context'),
      placeholder: vscode.l10n.t('Where do images live and builds run?'),
      items: listed,
      active: (item) => item.name === selected,
    });
    if (name !== selected) {
      await settings.update('context', name || undefined, vscode.ConfigurationTarget.Global);
    }
  }
}
