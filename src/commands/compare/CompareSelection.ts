/** The image that was chosen with "Select for Compare", as VS Code keeps a file: for this window, until another is chosen. */
import * as vscode from 'vscode';
import type { CompareTarget } from '../../panels/compare/comparePanelProtocol.ts';
import { setContextKey } from '../../platform/ContextKeys.ts';

export class CompareSelection {
  #selected: CompareTarget | undefined;

  get(): CompareTarget | undefined {
    return this.#selected;
  }

  set(target: CompareTarget): void {
    this.#selected = target;
    setContextKey('berth.imageSelectedForCompare', true);
    vscode.window.setStatusBarMessage(vscode.l10n.t('Selected {0} for compare', target.title), 3000);
  }
}
