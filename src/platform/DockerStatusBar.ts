/** The Docker context in the status bar, once Docker has answered; a click chooses another. */
import * as vscode from 'vscode';
import { toDisplayLine } from '../core/common/displayText.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { Docker } from '../core/docker/Docker.ts';

export class DockerStatusBar implements vscode.Disposable {
  readonly #docker: Docker;
  readonly #logger: Logger;
  readonly #item: vscode.StatusBarItem;
  #controller = new AbortController();

  constructor(docker: Docker, logger: Logger) {
    this.#docker = docker;
    this.#logger = logger;
    this.#item = vscode.window.createStatusBarItem(
      'berth.dockerContext',
      vscode.StatusBarAlignment.Right,
      10,
    );
    this.#item.name = vscode.l10n.t('Docker Context');
    this.#item.command = 'berth.selectDockerContext';
  }

  dispose(): void {
    this.#controller.abort();
    this.#item.dispose();
  }

  /** `isReady`: the engine has answered. */
  async update(isReady: boolean): Promise<void> {
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    if (!isReady) {
      this.#item.hide();
      return;
    }
    try {
      const contexts = await this.#docker.contexts(signal);
      const { context } = this.#docker.runner.environment;
      const shown = contexts.find(({ name, isCurrent }) => (context === '' ? isCurrent : name === context));
      const name = toDisplayLine(shown?.name ?? (context || 'docker'), 40);
      this.#item.text = `$(vm) ${name}`;
      this.#item.tooltip = [vscode.l10n.t('Docker context: {0}', name), toDisplayLine(shown?.endpoint ?? '')]
        .filter(Boolean)
        .join('\n');
      this.#item.accessibilityInformation = { label: vscode.l10n.t('Docker context: {0}', name) };
      this.#item.show();
    } catch (error) {
      if (signal.aborted) return;
      this.#logger.debug(`docker contexts: ${String(error)}`);
      this.#item.hide();
    }
  }
}
