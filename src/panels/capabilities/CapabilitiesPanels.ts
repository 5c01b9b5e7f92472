/**
 * "Show Registry Capabilities": one editor panel for each registry or repository, revealed when asked for again, and
 * back after a reload of the window. What a panel does is in CapabilitiesPanelSession; this file gives it a window.
 */
import * as vscode from 'vscode';
import { toDisplayLine } from '../../core/common/displayText.ts';
import type { Logger } from '../../core/common/Logger.ts';
import type { CapabilityFinding, CapabilityName } from '../../core/registry/capability.ts';
import type { Capabilities } from '../../platform/Capabilities.ts';
import { registryKindLabel } from '../../platform/registryKindLabel.ts';
import { capabilityTitle } from '../../platform/summarizeCapabilities.ts';
import { wordCapability } from '../../platform/wordCapability.ts';
import { wordError } from '../../platform/wordError.ts';
import {
  tryParseCapabilitiesRequest,
  type CapabilitiesRequest,
  type CapabilitiesView,
  type CapabilityRow,
  type CapabilityState,
} from './capabilitiesPanelProtocol.ts';
import { CapabilitiesPanelSession } from './CapabilitiesPanelSession.ts';
import { webviewPage } from '../webviewPage.ts';

export interface CapabilitiesPanelsDependencies {
  readonly capabilities: Capabilities;
  readonly logger: Logger;
  /** What docker writes for the registry: `localhost:5000`. */
  hostOf(connectionId: string): string;
}

export class CapabilitiesPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #viewType: string;
  readonly #extensionUri: vscode.Uri;
  readonly #media: vscode.Uri;
  readonly #dependencies: CapabilitiesPanelsDependencies;
  readonly #panels = new Map<string, { panel: vscode.WebviewPanel; session: CapabilitiesPanelSession }>();

  constructor(viewType: string, extensionUri: vscode.Uri, dependencies: CapabilitiesPanelsDependencies) {
    this.#viewType = viewType;
    this.#extensionUri = extensionUri;
    this.#media = vscode.Uri.joinPath(extensionUri, 'dist', 'media');
    this.#dependencies = dependencies;
  }

  /** Shows the panel of `request` and has it find out what is not known yet. */
  open(request: CapabilitiesRequest): void {
    const open = this.#panels.get(keyOf(request));
    if (open) {
      open.panel.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      this.#viewType,
      vscode.l10n.t('Capabilities: {0}', this.#titleOf(request)),
      vscode.ViewColumn.Active,
      this.#webviewOptions(),
    );
    this.#fill(panel, request, true);
  }

  /** After a window reload. A state we cannot read closes its panel: an empty one would explain nothing. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const request = tryParseCapabilitiesRequest(state);
    if (!request || this.#panels.has(keyOf(request))) {
      panel.dispose();
      return;
    }
    panel.webview.options = this.#webviewOptions();
    this.#fill(panel, request, false);
  }

  dispose(): void {
    for (const { panel } of [...this.#panels.values()]) panel.dispose();
  }

  #webviewOptions(): vscode.WebviewOptions & vscode.WebviewPanelOptions {
    return { enableScripts: true, localResourceRoots: [this.#media], enableFindWidget: true };
  }

  #titleOf({ connectionId, repository }: CapabilitiesRequest): string {
    const host = this.#dependencies.hostOf(connectionId);
    return toDisplayLine(repository === undefined ? host : `${host}/${repository}`);
  }

  #fill(panel: vscode.WebviewPanel, request: CapabilitiesRequest, checkAtOnce: boolean): void {
    const { webview } = panel;
    const { capabilities, logger } = this.#dependencies;
    const { connectionId, repository } = request;
    const kind = () => capabilities.kindOf(connectionId);
    const session = new CapabilitiesPanelSession(
      request,
      checkAtOnce,
      {
        logger,
        known: () => [
          ...capabilities.known({ connectionId }),
          ...(repository === undefined ? [] : capabilities.known({ connectionId, repository })),
        ],
        probe: async (_, probe, onFinding, signal) => {
          const ofRepository =
            repository !== undefined &&
            capabilities.probeRepository({ connectionId, repository }, probe, onFinding, signal);
          const ofRegistry = probe === 'all' && capabilities.probeRegistry(connectionId, onFinding, signal);
          await Promise.all([ofRepository, ofRegistry]);
        },
        word: (name, state, finding) => wordRow(name, state, finding, kind()),
        frame: () => ({
          ...frameOf(request, this.#titleOf(request), kind()),
          registryTitle: vscode.l10n.t('Registry'),
          repositoryTitle: vscode.l10n.t('Repository {0}', toDisplayLine(repository ?? '')),
        }),
        copy: async (text) => vscode.env.clipboard.writeText(text),
        chooseRepository: async () => {
          await vscode.commands.executeCommand('berth.showCapabilities', {
            connectionId,
            kind: 'chooseRepository',
          });
        },
        showError: (error) => void vscode.window.showErrorMessage(wordError(error).message),
      },
      (view) => void webview.postMessage({ type: 'capabilities', view, request }),
    );
    const key = keyOf(request);
    this.#panels.set(key, { panel, session });
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'capabilities-light.svg'),
      dark: vscode.Uri.joinPath(this.#extensionUri, 'media', 'icons', 'capabilities-dark.svg'),
    };
    const listening = webview.onDidReceiveMessage((data: unknown) => {
      session.receive(data).catch((error: unknown) => {
        logger.error(`capabilities panel: ${String(error)}`);
        void vscode.window.showErrorMessage(wordError(error).message);
      });
    });
    panel.onDidDispose(() => {
      this.#panels.delete(key);
      session.dispose();
      listening.dispose();
    });
    webview.html = webviewPage(webview, this.#media, 'capabilities');
  }
}

function frameOf(
  { repository }: CapabilitiesRequest,
  title: string,
  kind: string | undefined,
): Pick<CapabilitiesView, 'title' | 'kind' | 'strings'> {
  return {
    title,
    ...(kind !== undefined && { kind: registryKindLabel(kind) }),
    strings: {
      actions: vscode.l10n.t('Actions'),
      check: vscode.l10n.t('Check Again'),
      cancel: vscode.l10n.t('Cancel'),
      copyAsText: vscode.l10n.t('Copy as Text'),
      copied: vscode.l10n.t('Copied'),
      checking: vscode.l10n.t('Checking what the registry can do…'),
      ...(repository === undefined && { chooseRepository: vscode.l10n.t('Check a Repository…') }),
    },
  };
}

function wordRow(
  name: CapabilityName,
  state: CapabilityState,
  finding: CapabilityFinding | undefined,
  kind: string | undefined,
): Omit<CapabilityRow, 'name' | 'state'> {
  const stateLabel = labelOf(state);
  if (!finding) return { stateLabel, title: capabilityTitle(name), meaning: stateLabel };
  return {
    stateLabel,
    ...wordCapability(finding, kind ?? ''),
    ...(finding.reason === 'askFirst' && { tryIt: vscode.l10n.t('Check Mounting') }),
  };
}

function labelOf(state: CapabilityState): string {
  switch (state) {
    case 'yes':
      return vscode.l10n.t('Yes');
    case 'no':
      return vscode.l10n.t('No');
    case 'unknown':
      return vscode.l10n.t('Not known');
    case 'checking':
      return vscode.l10n.t('Checking…');
    case 'waiting':
      return vscode.l10n.t('Not checked yet');
  }
}

function keyOf({ connectionId, repository }: CapabilitiesRequest): string {
  return JSON.stringify([connectionId, repository]);
}
