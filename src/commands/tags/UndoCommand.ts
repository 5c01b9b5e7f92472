import * as vscode from 'vscode';
import type { ActivityNode } from '../../explorer/ActivityTree.ts';
import type { Activity } from '../../platform/Activity.ts';
import { askPick } from '../../platform/ask.ts';
import type { Command } from '../Command.ts';

/** Undoes a deletion or retag; from the palette, one of those that can be undone, newest first. */
export class UndoCommand implements Command {
  readonly id = 'berth.undo';
  readonly #activity: Activity;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  async execute(node?: ActivityNode): Promise<void> {
    const id = node?.entry.id ?? (await this.#ask());
    if (id !== undefined) await this.#activity.undo(id);
  }

  async #ask(): Promise<string | undefined> {
    const undoable = this.#activity.entries().filter(({ canUndo }) => canUndo);
    if (undoable.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is nothing to undo.'));
      return undefined;
    }
    const { id } = await askPick({
      title: vscode.l10n.t('Undo'),
      items: undoable.map((entry) => ({
        label: entry.title,
        ...(entry.detail !== undefined && { description: entry.detail }),
        id: entry.id,
      })),
    });
    return id;
  }
}
