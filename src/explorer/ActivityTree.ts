/** The Activity view: operations running and finished, newest first. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Activity, ActivityEntry, ActivityState } from '../platform/Activity.ts';
import { formatAge } from '../platform/format.ts';

export interface ActivityNode {
  readonly kind: 'activity';
  readonly entry: ActivityEntry;
}

export class ActivityTree implements vscode.TreeDataProvider<ActivityNode>, vscode.Disposable {
  readonly #activity: Activity;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(activity: Activity) {
    this.#activity = activity;
    this.#subscription = activity.onDidChange(() => this.#changed.fire(undefined));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  getChildren(node?: ActivityNode): ActivityNode[] {
    return node ? [] : this.#activity.entries().map((entry) => ({ kind: 'activity', entry }));
  }

  getTreeItem({ entry }: ActivityNode): vscode.TreeItem {
    const title = toDisplayLine(entry.title);
    const item = new vscode.TreeItem(title);
    // What it did is no longer so once it is undone.
    const isTold = entry.detail !== undefined && entry.state !== 'undone';
    const detail = isTold ? toDisplayLine(entry.detail) : undefined;
    const when = entry.finishedAt && formatAge(entry.finishedAt);
    item.id = entry.id;
    item.description = [stateLabel(entry.state), detail, when].filter(Boolean).join(' · ');
    item.iconPath = stateIcon(entry);
    item.contextValue = [
      'activity',
      entry.state === 'running' ? ':running' : '',
      entry.canUndo ? ':canUndo' : '',
      entry.canResume ? ':canResume' : '',
      entry.canRollBack ? ':canRollBack' : '',
      entry.hasOutput ? ':hasOutput' : '',
      entry.digest ? ':hasDigest' : '',
    ].join('');
    item.tooltip = [title, item.description, entry.digest].filter(Boolean).join('\n');
    item.accessibilityInformation = { label: `${title}, ${item.description}` };
    if (entry.hasOutput) {
      item.command = {
        command: 'berth.showOutput',
        title: vscode.l10n.t('Show Output'),
        arguments: [{ kind: 'activity', entry } satisfies ActivityNode],
      };
    }
    return item;
  }
}

function stateLabel(state: ActivityState): string | undefined {
  switch (state) {
    case 'running':
    case 'succeeded':
      return undefined;
    case 'failed':
      return vscode.l10n.t('failed');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
    case 'undone':
      return vscode.l10n.t('undone');
    case 'interrupted':
      return vscode.l10n.t('interrupted');
  }
}

function stateIcon({ state, icon }: ActivityEntry): vscode.ThemeIcon {
  switch (state) {
    case 'running':
      return new vscode.ThemeIcon('loading~spin');
    case 'succeeded':
      return new vscode.ThemeIcon(icon);
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    case 'cancelled':
      return new vscode.ThemeIcon('circle-slash');
    case 'undone':
      return new vscode.ThemeIcon('discard');
    case 'interrupted':
      return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('list.warningForeground'));
  }
}
