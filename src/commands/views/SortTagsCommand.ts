import * as vscode from 'vscode';
import type { TagOrder } from '../../core/oci/tagOrder.ts';
import { askPick } from '../../platform/ask.ts';
import type { Command } from '../Command.ts';

/** Chooses the order of tags, for all repositories, as a setting. */
export class SortTagsCommand implements Command {
  readonly id = 'berth.sortTags';

  async execute(): Promise<void> {
    const configuration = vscode.workspace.getConfiguration('berth.tags');
    const current = configuration.get<TagOrder>('sortBy', 'version');
    const orders: { label: string; detail: string; order: TagOrder }[] = [
      {
        label: vscode.l10n.t('Version'),
        detail: vscode.l10n.t('latest, then the highest version first: v10 before v2'),
        order: 'version',
      },
      {
        label: vscode.l10n.t('Date'),
        detail: vscode.l10n.t(
          'Newest first; reads the details of every tag where the registry does not list them',
        ),
        order: 'date',
      },
      { label: vscode.l10n.t('Name'), detail: vscode.l10n.t('A to Z'), order: 'name' },
      {
        label: vscode.l10n.t('Size'),
        detail: vscode.l10n.t(
          'Largest first; reads the details of every tag where the registry does not list them',
        ),
        order: 'size',
      },
    ];
    const { order } = await askPick({
      title: vscode.l10n.t('Sort Tags By'),
      items: orders,
      active: (item) => item.order === current,
    });
    const target =
      configuration.inspect('sortBy')?.workspaceValue === undefined
        ? vscode.ConfigurationTarget.Global
        : vscode.ConfigurationTarget.Workspace;
    await configuration.update('sortBy', order, target);
  }
}
