/**
 * Passphrases of client keys, in VS Code's secret storage: each for one key file and the origin it is shown to, so that
 * an edited or shared connection that points elsewhere does not unlock the key.
 */
import type * as vscode from 'vscode';
import type { ConnectionSetting } from './Connection.ts';

export type KeyOwner = Pick<ConnectionSetting, 'url' | 'clientCertFile' | 'clientKeyFile'>;

export class KeyPassphrases {
  readonly #storage: vscode.SecretStorage;

  constructor(storage: vscode.SecretStorage) {
    this.#storage = storage;
  }

  async get(owner: KeyOwner): Promise<string | undefined> {
    return this.#storage.get(storageKey(owner));
  }

  async store(owner: KeyOwner, passphrase: string): Promise<void> {
    await this.#storage.store(storageKey(owner), passphrase);
  }

  async delete(owner: KeyOwner): Promise<void> {
    await this.#storage.delete(storageKey(owner));
  }
}

function storageKey({ url, clientCertFile, clientKeyFile }: KeyOwner): string {
  return `berth.keyPassphrase.${new URL(url).origin} ${clientKeyFile ?? clientCertFile ?? ''}`;
}
