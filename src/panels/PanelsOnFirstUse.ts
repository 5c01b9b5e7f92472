/** The panels of "Show Registry Capabilities", loaded when the first is opened or comes back after a reload of the window. */
import * as vscode from 'vscode';
import type { CapabilitiesPanels, CapabilitiesPanelsDependencies } from './CapabilitiesPanels.ts';
import type { CapabilitiesRequest } from './capabilitiesPanelProtocol.ts';

/** package.json: `onWebviewPanel:berth.capabilities`. */
const VIEW_TYPE = 'berth.capabilities';

export class CapabilitiesPanelsOnFirstUse implements vscode.Disposable {
  readonly #load: () => Promise<CapabilitiesPanels>;
  readonly #serializer: vscode.Disposable;
  #panels: Promise<CapabilitiesPanels> | undefined;

  constructor(extensionUri: vscode.Uri, dependencies: CapabilitiesPanelsDependencies) {
    this.#load = async () => {
      const module = await import('./CapabilitiesPanels.ts');
      return new module.CapabilitiesPanels(VIEW_TYPE, extensionUri, dependencies);
    };
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, state) =>
        (await this.#loaded()).deserializeWebviewPanel(panel, state),
    });
  }

  dispose(): void {
    this.#serializer.dispose();
    void this.#panels?.then((panels) => panels.dispose());
  }

  /** See CapabilitiesPanels. */
  async open(request: CapabilitiesRequest): Promise<void> {
    (await this.#loaded()).open(request);
  }

  #loaded(): Promise<CapabilitiesPanels> {
    return (this.#panels ??= this.#load());
  }
}
