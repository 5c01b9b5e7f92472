/** What a provider is built from. */
import type { Logger } from '../common/Logger.ts';
import type { CredentialStore } from '../credentials/CredentialStore.ts';
import type { RegistryClient } from '../registry/RegistryClient.ts';
import type { Transport } from '../registry/transport/Transport.ts';
import type { ApiAuthorization, ProviderApi } from './api/ProviderApi.ts';

/** Whose account of the editor gives a token. */
export type AccountService = 'github' | 'microsoft' | 'microsoft-sovereign-cloud';

/** Parts of a connection's setting that only some kinds of registry need. */
export interface ProviderSettings {
  /** AWS: named profile of the credential chain; '' for the default. */
  readonly profile?: string;
  /** AWS: region, where the address does not say it (ECR Public is always us-east-1). */
  readonly region?: string;
  /** Azure: the registry's id in Resource Manager, for its page in the portal. */
  readonly resourceId?: string;
  /** Base URL of the maker's own API, where it is not where it usually is: self-hosted servers, tests. */
  readonly apiUrl?: string;
}

export interface ProviderContext {
  readonly client: RegistryClient;
  readonly logger: Logger;
  readonly settings: ProviderSettings;
  /** The connection's own sign-in, for APIs that take the same. */
  readonly credentials: CredentialStore;
  /** A JSON API beside the registry's: its own host, deadlines and rules as for the registry; closed with the connection. */
  readonly openApi: (baseUrl: string, authorize: ApiAuthorization) => ProviderApi;
  /** The way to another host, for a library that speaks its API itself: the same rules, no credentials; closed with the connection. */
  readonly openTransport: (origin: string) => Transport;
  /** A token of an account the person is signed in to in the editor; undefined when there is none. Never asks. */
  readonly accountToken: (service: AccountService, scopes: readonly string[]) => Promise<string | undefined>;
}
