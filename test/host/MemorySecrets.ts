/** VS Code's secret storage, kept in memory. */
import * as vscode from 'vscode';

export class MemorySecrets implements vscode.SecretStorage {
  readonly #kept = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.SecretStorageChangeEvent>();
  readonly onDidChange = this.#changed.event;

  keys(): Promise<string[]> {
    return Promise.resolve([...this.#kept.keys()]);
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.#kept.get(key));
  }

  store(key: string, value: string): Promise<void> {
    this.#kept.set(key, value);
    this.#changed.fire({ key });
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#kept.delete(key);
    this.#changed.fire({ key });
    return Promise.resolve();
  }
}
