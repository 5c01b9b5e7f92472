/** As much of the `vscode` module as Microsoft's registry explorer touches while it browses. */
import { EventEmitter as NodeEmitter } from 'node:events';

export { URI as Uri } from 'vscode-uri';

export class EventEmitter<T> {
  readonly #emitter = new NodeEmitter();

  readonly event = (listener: (value: T) => unknown): { dispose(): void } => {
    this.#emitter.on('fire', listener);
    return { dispose: () => void this.#emitter.off('fire', listener) };
  };

  fire(value: T): void {
    this.#emitter.emit('fire', value);
  }

  dispose(): void {
    this.#emitter.removeAllListeners();
  }
}

export class ThemeIcon {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeColor extends ThemeIcon {}

export class CancellationError extends Error {}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

export const l10n = {
  t: (message: string, ...values: unknown[]): string =>
    message.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
};

export const window = {};
