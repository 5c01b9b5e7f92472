/** A connection that is open: everything that talks to its registry. */
import type { RegistryProvider } from '../core/providers/RegistryProvider.ts';
import type { RegistryClient } from '../core/registry/RegistryClient.ts';
import type { RegistryEndpoint } from '../core/registry/RegistryEndpoint.ts';
import type { Connection } from './Connection.ts';

export interface RegistrySession {
  readonly connection: Connection;
  readonly endpoint: RegistryEndpoint;
  readonly client: RegistryClient;
  readonly provider: RegistryProvider;
  /** Closes every socket of the connection. */
  readonly dispose: () => Promise<void>;
}
