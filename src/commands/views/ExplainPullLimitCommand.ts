import * as vscode from 'vscode';
import type { PullLimitStatusBar } from '../../platform/PullLimitStatusBar.ts';
import type { Command } from '../Command.ts';

const ABOUT_LIMITS = 'https://docs.docker.com/docker-hub/usage/pulls/';

/** Says what Docker Hub's pull limit is and how much of it is left. */
export class ExplainPullLimitCommand implements Command {
  readonly id = 'berth.explainPullLimit';
  readonly #pullLimit: PullLimitStatusBar;

  constructor(pullLimit: PullLimitStatusBar) {
    this.#pullLimit = pullLimit;
  }

  async execute(): Promise<void> {
    const learnMore = vscode.l10n.t('Learn More');
    const chosen = await vscode.window.showInformationMessage(this.#pullLimit.explain(), learnMore);
    if (chosen === learnMore) await vscode.env.openExternal(vscode.Uri.parse(ABOUT_LIMITS));
  }
}
