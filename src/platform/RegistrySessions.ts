/**
 * One open session a connection: its endpoint, transport, client and provider. Made on first use, closed when the
 * connection changes, so that an edited connection never talks through an old socket or an old token.
 */
import * as vscode from 'vscode';
import { CoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { CredentialStore } from '../core/credentials/CredentialStore.ts';
import type { Discovery } from '../core/registry/discoverEndpoint.ts';
import { createEndpoint } from '../core/registry/parseRegistryUrl.ts';
import type { RegistryEndpoint } from '../core/registry/RegistryEndpoint.ts';
import type { ConnectionLimiter } from '../core/registry/transport/ConnectionLimiter.ts';
import type { TransportQuestion } from '../core/registry/transport/Transport.ts';
import type { Connection } from './Connection.ts';
import type { ConnectionSettings } from './ConnectionSettings.ts';
import type { KeyOwner } from './KeyPassphrases.ts';
import type { DiscoveryTrust } from './openRegistry.ts';
import type { RegistrySession } from './RegistrySession.ts';

/** A repository whose content changed. */
export interface RepositoryChange {
  readonly connectionId: string;
  readonly repository: string;
  /** Tags that are known to be gone. */
  readonly removedTags?: readonly string[];
}

export interface RegistrySessionsOptions {
  readonly settings: ConnectionSettings;
  readonly logger: Logger;
  readonly userAgent: string;
  /** Credentials for a connection, by its `auth`. */
  readonly credentials: (connection: Connection) => CredentialStore;
  /** Asked before something unusual but possible; see TransportQuestion. */
  readonly confirm: (question: TransportQuestion) => Promise<boolean>;
  /** The passphrase kept for the client key of a connection. */
  readonly keyPassphrase?: (owner: KeyOwner) => Promise<string | undefined>;
}

/** What a connection is tried with before it is saved, instead of what is kept for it. */
export interface TrialSecrets {
  readonly credentials?: CredentialStore | undefined;
  readonly keyPassphrase?: string | undefined;
}

export class RegistrySessions implements vscode.Disposable {
  readonly #options: RegistrySessionsOptions;
  readonly #sessions = new Map<string, Promise<RegistrySession>>();
  readonly #repositoryChanged = new vscode.EventEmitter<RepositoryChange>();
  readonly #connectionChanged = new vscode.EventEmitter<string>();
  readonly #opened = new vscode.EventEmitter<RegistrySession>();
  readonly #subscriptions: vscode.Disposable[];
  #limiter: Promise<ConnectionLimiter> | undefined;
  readonly onDidChangeRepository = this.#repositoryChanged.event;
  /** A connection's credentials or trust changed: what is shown of it is to be read again. */
  readonly onDidChangeConnection = this.#connectionChanged.event;
  /** A session that is kept was made. */
  readonly onDidOpen = this.#opened.event;

  constructor(options: RegistrySessionsOptions) {
    this.#options = options;
    this.#subscriptions = [
      options.settings.onDidChange(() => this.#dropChanged()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('http')) this.#resetAll();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions).dispose();
    this.#dropAll();
    this.#repositoryChanged.dispose();
    this.#connectionChanged.dispose();
    this.#opened.dispose();
  }

  /** @throws CoreError `notFound` when the connection was removed meanwhile. */
  async open(connectionId: string): Promise<RegistrySession> {
    const connection = this.#options.settings.get(connectionId);
    if (!connection) {
      throw new CoreError('notFound', `no connection ${connectionId}`, {
        subject: connectionId,
        reason: 'noConnection',
      });
    }
    const existing = this.#sessions.get(connectionId);
    if (existing) return existing;
    const session = this.create(connection);
    this.#sessions.set(connectionId, session);
    session.then(
      (opened) => this.#opened.fire(opened),
      () => {
        if (this.#sessions.get(connectionId) === session) this.#sessions.delete(connectionId);
      },
    );
    return session;
  }

  /** Whether something was read through the connection since it was last reset. */
  isOpen(connectionId: string): boolean {
    return this.#sessions.has(connectionId);
  }

  /** The sessions that are open; nothing is opened for it. */
  async opened(): Promise<RegistrySession[]> {
    const settled = await Promise.allSettled(this.#sessions.values());
    return settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  }

  /** A session that is not kept, to test a connection before it is saved. The caller disposes it. */
  async create(
    connection: Connection,
    { credentials, keyPassphrase }: TrialSecrets = {},
  ): Promise<RegistrySession> {
    const { openRegistry } = await import('./openRegistry.ts');
    return openRegistry(connection, {
      ...this.#options,
      limiter: await this.#sharedLimiter(),
      credentials: credentials ?? this.#options.credentials(connection),
      ...(keyPassphrase !== undefined && { keyPassphrase: () => Promise.resolve(keyPassphrase) }),
    });
  }

  /** Finds out what a typed address is; see discoverEndpoint. `trust`: what was chosen to be trusted and shown. */
  async discover(typed: string, trust: DiscoveryTrust, signal: AbortSignal): Promise<Discovery> {
    const { discoverRegistry } = await import('./openRegistry.ts');
    return discoverRegistry(typed, trust, { ...this.#options, limiter: await this.#sharedLimiter() }, signal);
  }

  /** Forgets tokens and sockets of a connection and has everything shown of it read again. */
  reset(connectionId: string): void {
    this.#drop(connectionId);
    this.#connectionChanged.fire(connectionId);
  }

  /** Told by whoever changed a repository: the explorer refreshes that node only. */
  notifyRepositoryChanged(
    connectionId: string,
    repository: string,
    removedTags: readonly string[] = [],
  ): void {
    this.#repositoryChanged.fire({ connectionId, repository, removedTags });
  }

  /** Connections through which `host/repository` of a docker reference is seen, with the name it has there. */
  find(host: string, repository: string): RepositoryChange[] {
    const full = `${host}/${repository}`;
    return this.#options.settings.connections().flatMap((connection) => {
      const endpoint = tryCreateEndpoint(connection);
      const prefix = endpoint && `${endpoint.referenceHost}/`;
      return prefix && full.startsWith(prefix)
        ? [{ connectionId: connection.id, repository: full.slice(prefix.length) }]
        : [];
    });
  }

  /** One for all connections: 6 requests a host and 24 in all. */
  async #sharedLimiter(): Promise<ConnectionLimiter> {
    this.#limiter ??= import('../core/registry/transport/ConnectionLimiter.ts').then(
      (module) => new module.ConnectionLimiter(),
    );
    return this.#limiter;
  }

  #dropChanged(): void {
    for (const [id, pending] of this.#sessions) {
      const current = this.#options.settings.get(id);
      void pending.then(
        ({ connection }) => {
          // Pins do not change how the registry is reached, and its tokens may stay.
          if (reachKey(current) !== reachKey(connection)) this.reset(id);
        },
        () => undefined,
      );
    }
  }

  #resetAll(): void {
    for (const id of [...this.#sessions.keys()]) this.reset(id);
  }

  #dropAll(): void {
    for (const id of [...this.#sessions.keys()]) this.#drop(id);
  }

  #drop(id: string): void {
    const pending = this.#sessions.get(id);
    this.#sessions.delete(id);
    pending?.then(
      ({ dispose }) => dispose(),
      () => undefined,
    );
  }
}

function reachKey(connection: Connection | undefined): string {
  return JSON.stringify({ ...connection, repositories: [], name: '' });
}

/** The endpoint of a connection, undefined where its address does not parse. */
export function tryCreateEndpoint(connection: Connection): RegistryEndpoint | undefined {
  try {
    return createEndpoint(connection.url, connection.pathStyle ?? 'namespace');
  } catch {
    return undefined;
  }
}
