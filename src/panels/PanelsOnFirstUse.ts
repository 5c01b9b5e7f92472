/** The panels of one kind of webview, loaded when the first is opened or comes back after a reload of the window. */
import * as vscode from 'vscode';

/** @template Request what a panel is opened with. */
export interface Panels<Request extends readonly unknown[]> extends vscode.WebviewPanelSerializer {
  open(...request: Request): void | Promise<void>;
  dispose(): void;
}

export class PanelsOnFirstUse<Request extends readonly unknown[]> implements vscode.Disposable {
  readonly #load: () => Promise<Panels<Request>>;
  readonly #serializer: vscode.Disposable;
  #panels: Promise<Panels<Request>> | undefined;

  /** @param viewType of the webviews; package.json has it in `activationEvents`. */
  constructor(viewType: string, load: (viewType: string) => Promise<Panels<Request>>) {
    this.#load = () => load(viewType);
    this.#serializer = vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel, state) =>
        (await this.#loaded()).deserializeWebviewPanel(panel, state),
    });
  }

  dispose(): void {
    this.#serializer.dispose();
    void this.#panels?.then((panels) => panels.dispose());
  }

  async open(...request: Request): Promise<void> {
    await (await this.#loaded()).open(...request);
  }

  #loaded(): Promise<Panels<Request>> {
    return (this.#panels ??= this.#load());
  }
}
