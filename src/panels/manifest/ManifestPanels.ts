/**
 * "Inspect Manifest": one editor panel for each reference that is open, revealed when asked for again, and back after
 * a reload of the window. What a panel does is in ManifestPanelSession; this file gives it a window.
 */
import * as vscode from 'vscode';
import { actionLabel, wordError } from '../../platform/wordError.ts';
import { ManifestPanelSession, type ManifestPanelDependencies } from './ManifestPanelSession.ts';
import { tryParsePanelState, type ManifestRequest, type PanelError } from './manifestPanelProtocol.ts';
import { manifestPanelStrings } from './manifestPanelStrings.ts';
import { webviewPage } from '../webviewPage.ts';

/** What a session needs and a window cannot give. */
export type ManifestPanelsDependencies = Omit<
  ManifestPanelDependencies,
  'open' | 'copy' | 'openExternal' | 'describeError'
> & {
  /** What is known of the signatures of some image has changed. */
  readonly onDidVerify: vscode.Event<Pick<ManifestRequest, 'connectionId' | 'repository'>>;
};

export class ManifestPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #viewType: string;
  readonly #extensionUri: vscode.Uri;
  readonly #media: vscode.Uri;
  readonly #dependencies: ManifestPanelsDependencies;
  readonly #panels = new Map<string, vscode.WebviewPanel>();

  constructor(viewType: string, extensionUri: vscode.Uri, dependencies: ManifestPanelsDependencies) {
    this.#viewType = viewType;
    this.#extensionUri = extensionUri;
    this.#media = vscode.Uri.joinPath(extensionUri, 'dist', 'media');
    this.#dependencies = dependencies;
  }

  /** Shows the panel of `request`, the open one where there is one. Loading goes on after this resolves. */
  async open(request: ManifestRequest): Promise<void> {
    const open = this.#panels.get(keyOf(request));
    if (open) {
      open.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      this.#viewType,
      request.title,
      vscode.ViewColumn.Active,
      this.#webviewOptions(),
    );
    this.#fill(panel, request, undefined);
  }

  /** After a window reload. A state we cannot read closes its panel: an empty one would explain nothing. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = tryParsePanelState(state);
    if (!kept || this.#panels.has(keyOf(kept.request))) {
      panel.dispose();
      return;
    }
    panel.webview.options = this.#webviewOptions();
    this.#fill(panel, kept.request, kept.platformDigest);
  }

  dispose(): void {
    for (const panel of [...this.#panels.values()]) {
      panel.dispose();
    }
  }

  #webviewOptions(): vscode.WebviewOptions & vscode.WebviewPanelOptions {
    return { enableScripts: true, localResourceRoots: [this.#media], enableFindWidget: true };
  }

  #fill(panel: vscode.WebviewPanel, request: ManifestRequest, platformDigest: string | undefined): void {
    const { webview } = panel;
    const session = new ManifestPanelSession(
      {
        request,
        fullReference: this.#dependencies.fullReference(request),
        locale: vscode.env.language,
        strings: manifestPanelStrings(),
      },
      platformDigest,
      {
        ...this.#dependencies,
        open: (other) => this.open(other),
        copy: async (text) => vscode.env.clipboard.writeText(text),
        openExternal: async (url) => {
          await vscode.env.openExternal(vscode.Uri.parse(url, true));
        },
        describeError,
      },
      (message) => void webview.postMessage(message),
    );
    const key = keyOf(request);
    this.#panels.set(key, panel);
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'manifest-light.svg'),
      dark: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'manifest-dark.svg'),
    };
    const listening = webview.onDidReceiveMessage((data: unknown) => {
      session.receive(data).catch((error: unknown) => {
        this.#dependencies.logger.error(`manifest panel: ${String(error)}`);
        void vscode.window.showErrorMessage(wordError(error).message);
      });
    });
    const verified = this.#dependencies.onDidVerify(({ connectionId, repository }) => {
      if (connectionId === request.connectionId && repository === request.repository) {
        void session.refreshAttached();
      }
    });
    panel.onDidDispose(() => {
      this.#panels.delete(key);
      session.dispose();
      listening.dispose();
      verified.dispose();
    });
    webview.html = webviewPage(webview, this.#media, 'manifest');
  }
}

/** Retry is always on the panel; any other next step is a button of its own. */
function describeError(error: unknown): PanelError {
  const { message, action } = wordError(error);
  return { message, actions: action === 'retry' ? [] : [{ id: action, title: actionLabel(action) }] };
}

function keyOf({ connectionId, repository, reference }: ManifestRequest): string {
  return JSON.stringify([connectionId, repository, reference]);
}
