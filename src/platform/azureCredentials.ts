/** The store of a connection that signs in to Azure with the Microsoft account of VS Code; loaded when it is first asked. */
import type { Logger } from '../core/common/Logger.ts';
import type { CredentialStore } from '../core/credentials/CredentialStore.ts';
import { AzureCredentialStore } from '../core/providers/azure/AzureCredentialStore.ts';
import { readAccountToken } from './accountTokens.ts';
import type { Connection } from './Connection.ts';
import { accountOf } from './connectionAccount.ts';
import { openBareTransport } from './openBareTransport.ts';

export function createAzureCredentials(connection: Connection, logger: Logger): CredentialStore {
  const account = accountOf(connection);
  if (account === undefined) return { get: () => Promise.resolve(undefined) };
  return new AzureCredentialStore({
    registryUrl: connection.url,
    entraTokens: account.scopes.map((scopes) => () => readAccountToken(account.service, scopes)),
    openTransport: (origin) => openBareTransport(origin, logger, connection.allowBlocked),
  });
}
