/** The store of a connection that signs in with AWS credentials; in a chunk of its own, with the AWS SDK. */
import type { Logger } from '../core/common/Logger.ts';
import { AwsCredentialStore } from '../core/providers/aws/AwsCredentialStore.ts';
import { detectProviderKind } from '../core/providers/index.ts';
import { createEndpoint } from '../core/registry/parseRegistryUrl.ts';
import type { Connection } from './Connection.ts';
import { openBareTransport } from './openBareTransport.ts';

/** The transports it opens live as long as one question for a token. */
export function createAwsCredentials(connection: Connection, logger: Logger): AwsCredentialStore {
  const { profile, region, apiUrl } = connection;
  const endpoint = createEndpoint(connection.url, connection.pathStyle ?? 'namespace');
  return new AwsCredentialStore({
    host: endpoint.credentialKey,
    isPublic: (connection.provider ?? detectProviderKind(endpoint)) === 'ecrPublic',
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(apiUrl !== undefined && { apiUrl }),
    openTransport: (origin) => openBareTransport(origin, logger, connection.allowBlocked),
    logger,
  });
}
