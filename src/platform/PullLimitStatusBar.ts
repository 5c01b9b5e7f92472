/** How many pulls Docker Hub still allows, in the status bar once a reply has told it; a click explains it. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { PullLimit } from '../core/registry/PullLimit.ts';
import type { RegistrySession } from './RegistrySession.ts';
import type { RegistrySessions } from './RegistrySessions.ts';

/** Less than this part of the limit left is worth a warning. */
const LITTLE = 0.1;
const READ_TIMEOUT_MS = 30_000;

export class PullLimitStatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #logger: Logger;
  readonly #disposal = new AbortController();
  readonly #opened: vscode.Disposable;
  #last: { readonly limit: PullLimit; readonly readAt: Date } | undefined;

  constructor(sessions: RegistrySessions, logger: Logger) {
    this.#logger = logger;
    this.#item = vscode.window.createStatusBarItem('berth.pullLimit', vscode.StatusBarAlignment.Right, 9);
    this.#item.name = vscode.l10n.t('Docker Hub Pull Limit');
    this.#item.command = 'berth.explainPullLimit';
    this.#opened = sessions.onDidOpen((session) => void this.#watch(session));
  }

  dispose(): void {
    this.#disposal.abort();
    this.#opened.dispose();
    this.#item.dispose();
  }

  /** What the limit is, whose it is and what to do about it. */
  explain(): string {
    const meaning = vscode.l10n.t(
      'Docker Hub counts a pull each time an image is pulled; looking at tags in Berth is none. Signing in gives you a limit of your own, and a paid plan has none.',
    );
    if (!this.#last) {
      return [vscode.l10n.t('Docker Hub has told no pull limit yet.'), meaning].join(' ');
    }
    return [...describe(this.#last.limit, this.#last.readAt), meaning].join(' ');
  }

  async #watch({ client, provider }: RegistrySession): Promise<void> {
    if (!provider.readPullLimit) return;
    client.pullLimit.onDidRead((limit) => this.#show(limit));
    try {
      await provider.readPullLimit(
        AbortSignal.any([this.#disposal.signal, AbortSignal.timeout(READ_TIMEOUT_MS)]),
      );
    } catch (error) {
      // The tree says what is wrong with the registry.
      this.#logger.debug(`pull limit: ${String(error)}`);
    }
  }

  #show(limit: PullLimit): void {
    if (this.#disposal.signal.aborted) return;
    this.#last = { limit, readAt: new Date() };
    const text = vscode.l10n.t('Docker Hub: {0} of {1} pulls left', limit.remaining, limit.limit);
    this.#item.text = `$(cloud-download) ${text}`;
    this.#item.tooltip = describe(limit, this.#last.readAt).join('\n');
    this.#item.accessibilityInformation = { label: text };
    this.#item.backgroundColor =
      limit.remaining < limit.limit * LITTLE
        ? new vscode.ThemeColor('statusBarItem.warningBackground')
        : undefined;
    this.#item.show();
  }
}

function describe({ limit, remaining, windowSeconds, source }: PullLimit, readAt: Date): string[] {
  const hours = Math.round(windowSeconds / 3600);
  return [
    vscode.l10n.t('Docker Hub: {0} of {1} pulls left', remaining, limit) + '.',
    vscode.l10n.t('The limit is for {0} hours; what was pulled comes back {0} hours later.', hours),
    ...(source === undefined ? [] : [vscode.l10n.t('It is counted for {0}.', toDisplayLine(source, 80))]),
    vscode.l10n.t('Read at {0}.', readAt.toLocaleTimeString()),
  ];
}
