/**
 * The connections in `berth.connections`: user and workspace entries together, each changed where it stands.
 * An entry that does not parse is kept and reported, never dropped from the file.
 */
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import {
  connectionId,
  isInvalidConnection,
  parseConnection,
  type Connection,
  type ConnectionSetting,
  type InvalidConnection,
} from './Connection.ts';

const SETTING = 'berth.connections';

interface Scope {
  readonly target: vscode.ConfigurationTarget;
  readonly entries: readonly unknown[];
}

export class ConnectionSettings implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  /** The connections changed: added, removed or edited, here or in settings.json. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SETTING)) this.#changed.fire();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** Every entry in order, the first of several with one id; broken entries as InvalidConnection. */
  list(): (Connection | InvalidConnection)[] {
    const byId = new Map<string, Connection | InvalidConnection>();
    let index = 0;
    for (const { entries } of this.#scopes()) {
      for (const entry of entries) {
        const connection = parseConnection(entry, index++);
        if (!byId.has(connection.id)) byId.set(connection.id, connection);
      }
    }
    return [...byId.values()];
  }

  /** The usable connections. */
  connections(): Connection[] {
    return this.list().filter((connection): connection is Connection => !isInvalidConnection(connection));
  }

  get(id: string): Connection | undefined {
    return this.connections().find((connection) => connection.id === id);
  }

  /** Adds a connection to the user's settings, or replaces the one with the same id where it stands. */
  async save(setting: ConnectionSetting): Promise<Connection> {
    const id = connectionId(setting);
    if (!(await this.#replace(id, setting))) {
      await write(vscode.ConfigurationTarget.Global, [...this.#userEntries(), setting]);
    }
    const saved = this.get(id);
    if (!saved) throw new Error(`the setting ${SETTING} was not written`);
    return saved;
  }

  /** Adds connections to the user's settings at once; those that are there already stay as they are. */
  async add(settings: readonly ConnectionSetting[]): Promise<void> {
    const known = new Set(this.list().map(({ id }) => id));
    const added = settings.filter((setting) => !known.has(connectionId(setting)));
    if (added.length === 0) return;
    await write(vscode.ConfigurationTarget.Global, [...this.#userEntries(), ...added]);
  }

  /** Takes connections off the user's settings at once. */
  async removeAll(ids: readonly string[]): Promise<void> {
    const entries = this.#userEntries();
    const kept = entries.filter((entry, index) => !ids.includes(parseConnection(entry, index).id));
    if (kept.length < entries.length) await write(vscode.ConfigurationTarget.Global, kept);
  }

  #userEntries(): readonly unknown[] {
    return this.#scopes().find(({ target }) => target === vscode.ConfigurationTarget.Global)?.entries ?? [];
  }

  /** Changes the connection `id`; a changed address or user gives it a new id. */
  async update(id: string, change: Partial<ConnectionSetting>): Promise<void> {
    const current = this.get(id);
    if (!current) return;
    await this.#replace(id, (entry) => ({ ...entry, ...change }));
  }

  /** Puts `setting` where the connection `id` stands. */
  async replace(id: string, setting: ConnectionSetting): Promise<void> {
    await this.#replace(id, setting);
  }

  async remove(id: string): Promise<void> {
    await this.#replace(id, undefined);
  }

  async #replace(
    id: string,
    replacement: ConnectionSetting | ((entry: ConnectionSetting) => ConnectionSetting) | undefined,
  ): Promise<boolean> {
    let index = 0;
    let found = false;
    for (const { target, entries } of this.#scopes()) {
      const next: unknown[] = [];
      for (const entry of entries) {
        if (parseConnection(entry, index++).id !== id) {
          next.push(entry);
          continue;
        }
        found = true;
        if (replacement) {
          next.push(
            typeof replacement === 'function' ? replacement(entry as ConnectionSetting) : replacement,
          );
        }
      }
      // Written as it was, all registries would be read again for it.
      if (!isDeepStrictEqual(next, entries)) {
        await write(target, next);
      }
    }
    return found;
  }

  #scopes(): Scope[] {
    const inspected = vscode.workspace.getConfiguration().inspect<unknown>(SETTING);
    const scopes: Scope[] = [];
    const add = (target: vscode.ConfigurationTarget, value: unknown) => {
      if (Array.isArray(value)) scopes.push({ target, entries: value });
    };
    add(vscode.ConfigurationTarget.Global, inspected?.globalValue);
    // An untrusted workspace may not name servers that get the user's credentials.
    if (vscode.workspace.isTrusted) {
      add(vscode.ConfigurationTarget.Workspace, inspected?.workspaceValue);
    }
    return scopes;
  }
}

async function write(target: vscode.ConfigurationTarget, entries: readonly unknown[]): Promise<void> {
  const clean = entries.map((entry) =>
    typeof entry === 'object' && entry !== null
      ? Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
      : entry,
  );
  await vscode.workspace.getConfiguration().update(SETTING, clean.length > 0 ? clean : undefined, target);
}
