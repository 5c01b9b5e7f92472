import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { RegistrySearch, type SearchGroup, type SearchHit } from '../../explorer/RegistrySearch.ts';
import { formatCount } from '../../platform/format.ts';
import { wordError } from '../../platform/wordError.ts';
import { askConnection } from '../askTarget.ts';
import type { Command } from '../Command.ts';
import type { Services } from '../Services.ts';

interface SearchItem extends vscode.QuickPickItem {
  /** What Enter shows in the tree; without a hit the registry. */
  readonly connectionId?: string;
  readonly hit?: SearchHit;
}

const QUESTION = 'searchedText';
/** Rows in all, and of each registry that has any: a list that is drawn anew with every answer. */
const MOST_SHOWN = 300;
const LEAST_SHOWN = 5;

type Needs = Pick<Services, 'settings' | 'registriesTree' | 'registriesView' | 'answers'>;

/** Looks through the repositories and tags of all connections, and shows what is chosen in the tree. */
export class SearchCommand implements Command {
  readonly id = 'berth.search';
  readonly #services: Needs;

  constructor(services: Needs) {
    this.#services = services;
  }

  async execute(): Promise<void> {
    const title = vscode.l10n.t('Search All Registries');
    if (this.#services.settings.connections().length === 0) {
      await askConnection(this.#services.settings, title);
    }
    const chosen = await this.#pick(title);
    if (!chosen?.connectionId) return;
    const { connectionId, hit } = chosen;
    const node = hit
      ? this.#services.registriesTree.showNode(connectionId, hit.repository, hit.tag)
      : this.#services.registriesTree.registryNodes().find((each) => each.connectionId === connectionId);
    if (!node) return;
    const expand = node.kind !== 'tag';
    await this.#services.registriesView.reveal(node, { select: true, focus: true, expand });
  }

  #pick(title: string): Promise<SearchItem | undefined> {
    const picker = vscode.window.createQuickPick<SearchItem>();
    picker.title = title;
    picker.placeholder = vscode.l10n.t('Part of a repository’s name, or repository:tag');
    picker.value = this.#services.answers.get(QUESTION) ?? '';
    // Not in the published API yet: without it VS Code sorts by label and drops the groups.
    Reflect.set(picker, 'sortByLabel', false);
    let isOpen = true;
    const show = (): void => {
      if (!isOpen) return;
      picker.busy = search.isBusy;
      const active = picker.activeItems[0];
      const items = this.#itemsOf(search.groups(), picker.value, search.isBusy);
      picker.keepScrollPosition = true;
      picker.items = items;
      // What arrives must not move the choice away under the person's hand.
      const same = active && items.find((item) => isSame(item, active));
      if (same) picker.activeItems = [same];
    };
    const search = new RegistrySearch(this.#services.registriesTree.searchSources(), { onChange: show });
    return new Promise<SearchItem | undefined>((resolve) => {
      picker.onDidChangeValue((text) => void search.setText(text));
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        if (item?.connectionId === undefined) return;
        resolve(item);
        picker.hide();
      });
      picker.onDidTriggerItemButton(({ button, item }) => {
        if (button instanceof NarrowButton) {
          picker.value = button.text;
          void search.setText(button.text);
        } else if (button instanceof CommandButton) {
          const { connectionId, hit } = item;
          if (connectionId === undefined || !hit) return;
          const node =
            hit.tag === undefined
              ? this.#services.registriesTree.repositoryNode(connectionId, hit.repository)
              : this.#services.registriesTree.tagNode(connectionId, hit.repository, hit.tag);
          void vscode.commands.executeCommand(button.command, node);
          if (button.closes) picker.hide();
        }
      });
      picker.onDidHide(() => {
        isOpen = false;
        search.dispose();
        void this.#services.answers.remember(QUESTION, picker.value);
        resolve(undefined);
        picker.dispose();
      });
      picker.show();
      search.start();
      void search.setText(picker.value);
    });
  }

  #itemsOf(groups: readonly SearchGroup[], text: string, isBusy: boolean): SearchItem[] {
    const items: SearchItem[] = [];
    const found = groups.filter(({ hits }) => hits.length > 0);
    const share = Math.max(LEAST_SHOWN, Math.floor(MOST_SHOWN / found.length));
    for (const { source, hits, moreCount } of found) {
      const notShown = moreCount + Math.max(0, hits.length - share);
      const name = this.#services.settings.get(source.id)?.name ?? source.id;
      items.push({ label: toDisplayLine(name), kind: vscode.QuickPickItemKind.Separator });
      for (const hit of hits.slice(0, share)) items.push(itemOf(source.id, hit));
      if (notShown > 0) {
        items.push({
          label: vscode.l10n.t('{0} more: type more of the name', formatCount(notShown)),
          iconPath: new vscode.ThemeIcon('ellipsis'),
          alwaysShow: true,
        });
      }
    }
    const failed = groups.filter(({ error }) => error !== undefined);
    if (items.length === 0 && !isBusy) {
      items.push({
        label: text.trim()
          ? vscode.l10n.t('Nothing fits "{0}"', toDisplayLine(text.trim()))
          : vscode.l10n.t('No repositories'),
        iconPath: new vscode.ThemeIcon('info'),
        alwaysShow: true,
      });
    }
    if (failed.length > 0) {
      items.push({ label: vscode.l10n.t('not searched'), kind: vscode.QuickPickItemKind.Separator });
    }
    for (const { source, error } of failed) {
      items.push({
        label: toDisplayLine(this.#services.settings.get(source.id)?.name ?? source.id),
        description: wordError(error).summary,
        iconPath: new vscode.ThemeIcon('circle-slash'),
        alwaysShow: true,
        connectionId: source.id,
      });
    }
    return items;
  }
}

function itemOf(connectionId: string, hit: SearchHit): SearchItem {
  const { repository, tag, isPublic, description } = hit;
  const copy = new CommandButton('berth.copyReference', 'copy', vscode.l10n.t('Copy Reference'), false);
  const buttons =
    tag === undefined
      ? [new NarrowButton(`${repository}:`), copy]
      : [
          new CommandButton('berth.inspectManifest', 'open-preview', vscode.l10n.t('Inspect Manifest'), true),
          copy,
          new CommandButton('berth.pullImage', 'cloud-download', vscode.l10n.t('Pull Image…'), true),
        ];
  return {
    label: toDisplayLine(tag === undefined ? repository : `${repository}:${tag}`),
    ...(description && { description: toDisplayLine(description, 120) }),
    iconPath: new vscode.ThemeIcon(tag !== undefined ? 'tag' : isPublic ? 'globe' : 'repo'),
    // The search has decided what fits; VS Code's own filter must not hide any of it.
    alwaysShow: true,
    buttons,
    connectionId,
    hit,
  };
}

function isSame(a: SearchItem, b: SearchItem): boolean {
  return a.connectionId === b.connectionId && a.label === b.label;
}

/** Runs a command on what it stands beside. */
class CommandButton implements vscode.QuickInputButton {
  readonly iconPath: vscode.ThemeIcon;
  readonly tooltip: string;
  readonly command: string;
  /** The command shows something of its own. */
  readonly closes: boolean;

  constructor(command: string, icon: string, tooltip: string, closes: boolean) {
    this.command = command;
    this.iconPath = new vscode.ThemeIcon(icon);
    this.tooltip = tooltip;
    this.closes = closes;
  }
}

/** Goes on with the tags of a repository. */
class NarrowButton implements vscode.QuickInputButton {
  readonly iconPath = new vscode.ThemeIcon('tag');
  readonly tooltip = vscode.l10n.t('Search Its Tags');
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
