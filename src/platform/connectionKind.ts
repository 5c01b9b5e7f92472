/** What is known of a connection's registry without asking it. */
import { detectProviderKind } from '../core/providers/index.ts';
import type { Connection } from './Connection.ts';
import { tryCreateEndpoint } from './RegistrySessions.ts';

/** The kind in the setting, else what the address says; undefined where that is none. */
export function kindOf(connection: Connection): string | undefined {
  const endpoint = tryCreateEndpoint(connection);
  return connection.provider ?? (endpoint && detectProviderKind(endpoint));
}

/** Whether the registry wants a repository to be there before a push. */
export function createsRepositories(connection: Connection): boolean {
  const kind = kindOf(connection);
  return kind === 'ecr' || kind === 'ecrPublic';
}
