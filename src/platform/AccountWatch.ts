/**
 * Notices that a person signed in to, out of, or as somebody else to an account of VS Code that connections use, and has
 * those connections read again. A token that was only renewed changes nothing that is shown.
 */
import * as vscode from 'vscode';
import type { Logger } from '../core/common/Logger.ts';
import type { Connection } from './Connection.ts';
import { accountOf, type ConnectionAccount } from './connectionAccount.ts';
import type { ConnectionSettings } from './ConnectionSettings.ts';
import type { RegistrySessions } from './RegistrySessions.ts';

export interface AccountWatchOptions {
  readonly settings: ConnectionSettings;
  readonly sessions: RegistrySessions;
  readonly logger: Logger;
  /** Fires with the service whose sessions changed: VS Code's own event, by default. */
  readonly onDidChange?: vscode.Event<string>;
  /** Which session of the account there is; undefined: none. Never asks. */
  readonly readSession?: (account: ConnectionAccount) => Promise<string | undefined>;
}

export class AccountWatch implements vscode.Disposable {
  readonly #options: AccountWatchOptions;
  readonly #subscriptions: readonly vscode.Disposable[];
  /** Session of a connection's account when last looked. */
  readonly #known = new Map<string, string | undefined>();
  /** Counts what happened to accounts: what was read before tells nothing afterwards. */
  #changes = 0;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
    const look = (service: string) => void this.#look(service);
    this.#subscriptions = [
      options.onDidChange
        ? options.onDidChange(look)
        : vscode.authentication.onDidChangeSessions(({ provider }) => look(provider.id)),
      options.sessions.onDidOpen(({ connection }) => void this.#note(connection)),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  /** With which session a connection begins. Where that cannot be read, or changes meanwhile, it counts as another. */
  async #note(connection: Connection): Promise<void> {
    const { readSession = readSessionId, logger } = this.#options;
    this.#known.delete(connection.id);
    const account = accountOf(connection);
    if (account === undefined) return;
    const changes = this.#changes;
    try {
      const session = await readSession(account);
      if (changes === this.#changes) this.#known.set(connection.id, session);
    } catch (error) {
      logger.debug(`account of ${connection.name}: ${String(error)}`);
    }
  }

  async #look(service: string): Promise<void> {
    const { settings, sessions, logger, readSession = readSessionId } = this.#options;
    this.#changes += 1;
    for (const connection of settings.connections()) {
      const account = accountOf(connection);
      // One that was not opened yet has read nothing with the account as it was.
      if (account?.service !== service || !sessions.isOpen(connection.id)) continue;
      try {
        const session = await readSession(account);
        const isNew = !this.#known.has(connection.id) || this.#known.get(connection.id) !== session;
        this.#known.set(connection.id, session);
        if (isNew) sessions.reset(connection.id);
      } catch (error) {
        logger.warn(`account of ${connection.name}: ${String(error)}`);
      }
    }
  }
}

async function readSessionId({ service, scopes }: ConnectionAccount): Promise<string | undefined> {
  const session = await vscode.authentication.getSession(service, scopes[0], { silent: true });
  return session?.id;
}
