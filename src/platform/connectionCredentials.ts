/** The credential store of a connection, by its `auth`: what was typed for it, or what Docker and Podman know. */
import type { Logger } from '../core/common/Logger.ts';
import { ChainedCredentialStore } from '../core/credentials/ChainedCredentialStore.ts';
import type { CredentialRequest, CredentialStore } from '../core/credentials/CredentialStore.ts';
import { DockerConfigStore } from '../core/credentials/DockerConfigStore.ts';
import { PodmanAuthStore } from '../core/credentials/PodmanAuthStore.ts';
import { GITHUB_SCOPES } from '../core/providers/gitHubScopes.ts';
import { readAccountToken } from './accountTokens.ts';
import type { Connection } from './Connection.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';
import type { SecretCredentials } from './SecretCredentials.ts';

/** What `docker login` and `podman login` know, read when asked. */
export function createCliCredentials(logger: Logger): CredentialStore {
  const environment = credentialEnvironment();
  return new ChainedCredentialStore(
    [new DockerConfigStore(environment), new PodmanAuthStore(environment)],
    logger,
  );
}

export function createConnectionCredentials(
  connection: Connection,
  secrets: SecretCredentials,
  logger: Logger,
): CredentialStore {
  switch (connection.auth) {
    case 'anonymous':
      return { get: () => Promise.resolve(undefined) };
    case 'password':
      return { get: () => secrets.get(connection.id, connection.url) };
    case 'github':
      return {
        get: async () => {
          const token = await readAccountToken('github', GITHUB_SCOPES);
          // The registry looks at the token only; any user name will do.
          return token === undefined ? undefined : { kind: 'basic', username: 'token', password: token };
        },
      };
    case 'aws':
      return onFirstUse(async () =>
        (await import('./awsCredentials.ts')).createAwsCredentials(connection, logger),
      );
    case 'microsoft':
      return onFirstUse(async () =>
        (await import('./azureCredentials.ts')).createAzureCredentials(connection, logger),
      );
    case 'google':
      return onFirstUse(async () => {
        const { GoogleCredentialStore } = await import('../core/providers/google/GoogleCredentialStore.ts');
        return new GoogleCredentialStore();
      });
    case 'docker':
      return {
        // Read anew each time: a `docker login` in a terminal counts at once.
        get: (request: CredentialRequest, signal: AbortSignal) =>
          createCliCredentials(logger).get(request, signal),
      };
  }
}

/** A store whose code is loaded when it is first asked. */
function onFirstUse(load: () => Promise<CredentialStore>): CredentialStore {
  let store: Promise<CredentialStore> | undefined;
  return { get: async (request, signal) => (await (store ??= load())).get(request, signal) };
}
