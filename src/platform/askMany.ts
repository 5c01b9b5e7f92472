/** A question with several answers: ticked in a list, some of which may be there to be read only. */
import * as vscode from 'vscode';
import { dismissed } from './ask.ts';

export interface ManyQuestion<Item extends vscode.QuickPickItem> {
  readonly title: string;
  readonly placeholder: string;
  /** May still be loading; `picked` ones are ticked at first. */
  readonly items: Promise<readonly Item[]>;
  /** What cannot be chosen loses its tick again at once. */
  readonly canChoose: (item: Item) => boolean;
}

/** The ticked items; none where there is nothing to tick. @throws CancellationError when dismissed, and what `items` rejects with. */
export function askMany<Item extends vscode.QuickPickItem>(
  question: ManyQuestion<Item>,
): Promise<readonly Item[]> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = question.title;
  picker.placeholder = question.placeholder;
  picker.canSelectMany = true;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.ignoreFocusOut = true;
  picker.busy = true;
  return new Promise((resolve, reject) => {
    question.items.then(
      (items) => {
        if (items.length === 0) {
          resolve([]);
          picker.dispose();
          return;
        }
        picker.busy = false;
        picker.items = items;
        picker.selectedItems = items.filter(({ picked }) => picked);
      },
      (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
        picker.dispose();
      },
    );
    picker.onDidChangeSelection((items) => {
      const allowed = items.filter(question.canChoose);
      if (allowed.length < items.length) picker.selectedItems = allowed;
    });
    picker.onDidAccept(() => {
      if (picker.busy) return;
      resolve(picker.selectedItems.filter(question.canChoose));
      picker.dispose();
    });
    picker.onDidHide(() => {
      reject(dismissed());
      picker.dispose();
    });
    picker.show();
  });
}
