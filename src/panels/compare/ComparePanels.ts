/**
 * "Compare with Selected": one editor panel for each pair of images, revealed when asked for again, and back after a
 * reload of the window. What a panel does is in ComparePanelSession; this file gives it a window.
 */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Logger } from '../../core/common/Logger.ts';
import type { Docker } from '../../core/docker/Docker.ts';
import type { LastAnswers } from '../../platform/LastAnswers.ts';
import type { OpenImages } from '../../platform/OpenImages.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { wordError } from '../../platform/wordError.ts';
import { webviewPage } from '../webviewPage.ts';
import { tryParseCompareRequest, type CompareRequest, type CompareTarget } from './comparePanelProtocol.ts';
import type { ComparePanelSession } from './ComparePanelSession.ts';

export interface ComparePanelsDependencies {
  readonly sessions: RegistrySessions;
  readonly docker: Docker;
  readonly images: OpenImages;
  readonly answers: LastAnswers;
  readonly logger: Logger;
}

/** What a comparison is opened with. */
export type CompareSubject = [before: CompareTarget, after: CompareTarget, platform?: string];

export class ComparePanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #viewType: string;
  readonly #extensionUri: vscode.Uri;
  readonly #media: vscode.Uri;
  readonly #dependencies: ComparePanelsDependencies;
  readonly #panels = new Map<vscode.WebviewPanel, string>();

  constructor(viewType: string, extensionUri: vscode.Uri, dependencies: ComparePanelsDependencies) {
    this.#viewType = viewType;
    this.#extensionUri = extensionUri;
    this.#media = vscode.Uri.joinPath(extensionUri, 'dist', 'media');
    this.#dependencies = dependencies;
  }

  /** Shows the comparison, the open panel where there is one. Reading goes on after this resolves. */
  async open(...[before, after, platform]: CompareSubject): Promise<void> {
    const request = { before, after, ...(platform !== undefined && { platform }) };
    const key = keyOf(request);
    const open = [...this.#panels].find(([, shown]) => shown === key)?.[0];
    if (open) {
      open.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      this.#viewType,
      titleOf(request),
      vscode.ViewColumn.Active,
      this.#webviewOptions(),
    );
    await this.#fill(panel, request);
  }

  /** After a window reload. A state we cannot read closes its panel: an empty one would explain nothing. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const request = tryParseCompareRequest(state);
    if (!request) {
      panel.dispose();
      return;
    }
    panel.webview.options = this.#webviewOptions();
    await this.#fill(panel, request);
  }

  dispose(): void {
    for (const panel of [...this.#panels.keys()]) panel.dispose();
  }

  #webviewOptions(): vscode.WebviewOptions & vscode.WebviewPanelOptions {
    return { enableScripts: true, localResourceRoots: [this.#media], enableFindWidget: true };
  }

  async #fill(panel: vscode.WebviewPanel, request: CompareRequest): Promise<void> {
    const { webview } = panel;
    const { logger } = this.#dependencies;
    this.#panels.set(panel, keyOf(request));
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'compare-light.svg'),
      dark: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'compare-dark.svg'),
    };
    const sessions: ComparePanelSession[] = [];
    panel.onDidDispose(() => {
      this.#panels.delete(panel);
      for (const session of sessions) session.dispose();
    });
    const { createCompareSession } = await import('./createCompareSession.ts');
    // The panel may have been closed meanwhile.
    if (!this.#panels.has(panel)) return;
    const session = createCompareSession(
      request,
      this.#dependencies,
      (changed) => {
        this.#panels.set(panel, keyOf(changed));
        panel.title = titleOf(changed);
      },
      (message) => void webview.postMessage(message),
    );
    sessions.push(session);
    webview.onDidReceiveMessage((data: unknown) => {
      session.receive(data).catch((error: unknown) => {
        logger.error(`comparison panel: ${String(error)}`);
        void vscode.window.showErrorMessage(wordError(error).message);
      });
    });
    webview.html = webviewPage(webview, this.#media, 'compare');
  }
}

function titleOf({ before, after }: CompareRequest): string {
  return toDisplayLine(`${before.title} ↔ ${after.title}`);
}

function keyOf({ before, after }: CompareRequest): string {
  return JSON.stringify([before, after]);
}
