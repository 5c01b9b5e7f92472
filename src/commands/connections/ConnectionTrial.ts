/** Tries a draft of a connection on its registry, and keeps what the registry tells. Nothing is saved by it. */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import type { Credential, CredentialStore } from '../../core/credentials/CredentialStore.ts';
import { probeProviderKind } from '../../core/providers/index.ts';
import { createEndpoint } from '../../core/registry/parseRegistryUrl.ts';
import type { RegistryEndpoint } from '../../core/registry/RegistryEndpoint.ts';
import { parseConnection, type ConnectionSetting } from '../../platform/Connection.ts';
import type { RegistrySession } from '../../platform/RegistrySession.ts';
import type { RegistrySessions } from '../../platform/RegistrySessions.ts';
import { withProgress } from '../withProgress.ts';
import type { ConnectionDraft } from './ConnectionDraft.ts';
import { displayHost } from './displayHost.ts';

export class ConnectionTrial {
  /** What was answered so far; questions write into it. */
  readonly draft: ConnectionDraft;
  /** Of the draft's client key, which no setting keeps. */
  keyPassphrase: string | undefined;
  /** The registry does not list its repositories. */
  needsPins = false;
  /** Where the maker's own API may be, where the address does not tell. */
  guessedApiUrl: string | undefined;
  readonly #sessions: RegistrySessions;
  /** With which the connection was tested last. */
  #credential: Credential | undefined;
  /** The kind in the draft is the registry's own answer, not the person's. */
  #isKindProbed = false;

  constructor(sessions: RegistrySessions, draft: ConnectionDraft) {
    this.#sessions = sessions;
    this.draft = draft;
  }

  endpoint(): RegistryEndpoint {
    return createEndpoint(this.draft.address, this.draft.pathStyle ?? 'namespace');
  }

  setting(): ConnectionSetting {
    const { address, repositories, ...rest } = this.draft;
    return {
      url: address,
      ...rest,
      ...(repositories.length > 0 && { repositories }),
    };
  }

  /** What the registry says that it is. */
  keepKind(kind: NonNullable<ConnectionDraft['provider']>): void {
    this.draft.provider = kind;
    this.#isKindProbed = true;
  }

  /** Forgets what another registry said that it is. */
  forgetKind(): void {
    if (this.#isKindProbed) delete this.draft.provider;
    this.#isKindProbed = false;
  }

  testWithProgress(credential: Credential | undefined): Promise<void> {
    return withProgress(vscode.l10n.t('Connecting to {0}', displayHost(this.draft.address)), (signal) =>
      this.test(credential, signal),
    );
  }

  /** Talks to the registry with a credential, and asks what it is. */
  async test(credential: Credential | undefined, signal: AbortSignal): Promise<void> {
    this.#credential = credential;
    const isKindNew = await this.#withSession(credential, async (session) => {
      await session.client.ping(signal);
      if (await this.#probeKind(session, signal)) return true;
      await this.#testListing(session, signal);
      return false;
    });
    if (isKindNew) await this.#withSession(credential, (session) => this.#testListing(session, signal));
  }

  /** Whether the API answers where the draft says now, with the credential that was tested. */
  findsApi(signal: AbortSignal): Promise<boolean> {
    return this.#withSession(
      this.#credential,
      async ({ provider }) => (await provider.guessApiUrl?.(signal)) === undefined,
    );
  }

  /** True where the registry says that it is something better than the address tells. */
  async #probeKind({ client, provider }: RegistrySession, signal: AbortSignal): Promise<boolean> {
    if (this.draft.provider !== undefined || provider.kind !== 'oci') return false;
    const kind = await probeProviderKind(client, signal);
    if (kind === provider.kind) return false;
    this.keepKind(kind);
    return true;
  }

  async #testListing({ provider }: RegistrySession, signal: AbortSignal): Promise<void> {
    this.guessedApiUrl = undefined;
    this.needsPins = !provider.capabilities.listsRepositories;
    if (this.needsPins) return;
    await provider.listRepositories(undefined, signal).catch((error: unknown) => {
      // No catalog is not a failed connection.
      if (!isCoreError(error, 'unsupported', 'notFound', 'unauthorized', 'forbidden')) throw error;
      this.needsPins = true;
    });
    this.guessedApiUrl = await provider.guessApiUrl?.(signal);
  }

  async #withSession<Result>(
    credential: Credential | undefined,
    use: (session: RegistrySession) => Promise<Result>,
  ): Promise<Result> {
    const connection = parseConnection(this.setting(), 0);
    if ('problem' in connection) throw new Error(connection.problem);
    const credentials: CredentialStore | undefined = credential && { get: () => Promise.resolve(credential) };
    const session = await this.#sessions.create(connection, {
      credentials,
      keyPassphrase: this.keyPassphrase,
    });
    try {
      return await use(session);
    } finally {
      await session.dispose();
    }
  }
}
