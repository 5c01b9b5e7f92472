/**
 * Passwords and tokens of connections, in VS Code's secret storage. Each secret is bound to the origin it was typed
 * for: an edited or shared connection that points elsewhere does not get it.
 */
import type * as vscode from 'vscode';
import * as v from 'valibot';
import type { Credential } from '../core/credentials/CredentialStore.ts';
import { KeyPassphrases } from './KeyPassphrases.ts';

const storedSchema = v.object({
  origin: v.string(),
  username: v.optional(v.string()),
  secret: v.string(),
});

function storageKey(connectionId: string): string {
  return `berth.credential.${connectionId}`;
}

/** Scheme and host: http and https are different origins. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

export class SecretCredentials {
  readonly #storage: vscode.SecretStorage;
  readonly keyPassphrases: KeyPassphrases;

  constructor(storage: vscode.SecretStorage) {
    this.#storage = storage;
    this.keyPassphrases = new KeyPassphrases(storage);
  }

  async get(connectionId: string, url: string): Promise<Credential | undefined> {
    const stored = await this.#storage.get(storageKey(connectionId));
    if (stored === undefined) return undefined;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), storedSchema), stored);
    if (!parsed.success || parsed.output.origin !== originOf(url)) return undefined;
    const { username, secret } = parsed.output;
    return username ? { kind: 'basic', username, password: secret } : { kind: 'bearer', token: secret };
  }

  async store(
    connectionId: string,
    url: string,
    username: string | undefined,
    secret: string,
  ): Promise<void> {
    await this.#storage.store(
      storageKey(connectionId),
      JSON.stringify({ origin: originOf(url), username, secret }),
    );
  }

  async delete(connectionId: string): Promise<void> {
    await this.#storage.delete(storageKey(connectionId));
  }
}
