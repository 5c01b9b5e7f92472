/**
 * Opens the way to one registry: transport, client, provider. In a chunk of its own, loaded with the HTTP client on
 * first use, so that a window that only starts does not pay for it.
 */
import { readFile } from 'node:fs/promises';
import { CoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import type { CredentialStore } from '../core/credentials/CredentialStore.ts';
import {
  certificateFolders,
  readDockerCertificates,
  type DockerCertificates,
} from '../core/credentials/dockerCertificates.ts';
import { ProviderApi } from '../core/providers/api/ProviderApi.ts';
import { createProvider, detectProviderKind } from '../core/providers/index.ts';
import { discoverEndpoint, type Discovery } from '../core/registry/discoverEndpoint.ts';
import { createEndpoint, isLoopbackHost, parseRegistryUrl } from '../core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../core/registry/RegistryClient.ts';
import type { RegistryEndpoint, TlsOptions } from '../core/registry/RegistryEndpoint.ts';
import type { ConnectionLimiter } from '../core/registry/transport/ConnectionLimiter.ts';
import {
  Transport,
  type TransportOptions,
  type TransportQuestion,
} from '../core/registry/transport/Transport.ts';
import { readAccountToken } from './accountTokens.ts';
import type { Connection } from './Connection.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';
import { readProxyOptions } from './proxySettings.ts';
import type { RegistrySession } from './RegistrySession.ts';

export interface OpenRegistryOptions {
  readonly credentials: CredentialStore;
  readonly logger: Logger;
  readonly userAgent: string;
  readonly limiter: ConnectionLimiter;
  readonly confirm: (question: TransportQuestion) => Promise<boolean>;
}

export async function openRegistry(
  connection: Connection,
  options: OpenRegistryOptions,
): Promise<RegistrySession> {
  const { credentials, logger, userAgent, limiter, confirm } = options;
  const endpoint = createEndpoint(connection.url, connection.pathStyle ?? 'namespace');
  const tls = await readTlsOptions(connection, endpoint, logger);
  const shared = { proxy: readProxyOptions(), logger, userAgent, limiter };
  const transports: Transport[] = [];
  const openTransport = (transportOptions: TransportOptions): Transport => {
    const transport = new Transport(transportOptions);
    transports.push(transport);
    return transport;
  };
  const transport = openTransport({
    ...shared,
    endpoint,
    tls,
    credentials,
    confirm,
    onWarning: (text) => logger.warn(`${endpoint.host}: ${text}`),
  });
  const client = new RegistryClient(endpoint, transport, logger);
  const openOther = (url: string): Transport => {
    const other = createEndpoint(new URL(url).origin, 'api');
    return openTransport({
      ...shared,
      endpoint: other,
      // A self-hosted API is usually behind the registry's own certificate.
      tls: other.host.split(':')[0] === endpoint.host.split(':')[0] ? tls : {},
      credentials: { get: () => Promise.resolve(undefined) },
    });
  };
  const { profile, region, resourceId, apiUrl } = connection;
  const provider = await createProvider(connection.provider ?? detectProviderKind(endpoint), {
    client,
    logger,
    credentials,
    settings: {
      ...(profile !== undefined && { profile }),
      ...(region !== undefined && { region }),
      ...(resourceId !== undefined && { resourceId }),
      ...(apiUrl !== undefined && { apiUrl }),
    },
    openApi: (baseUrl, authorize) => new ProviderApi(openOther(baseUrl), baseUrl, authorize),
    openTransport: openOther,
    accountToken: readAccountToken,
  });
  return {
    connection,
    endpoint,
    client,
    provider,
    dispose: async () => {
      await Promise.all(transports.map((each) => each.dispose()));
    },
  };
}

/** See discoverEndpoint; with the certificates Docker has for that host. */
export async function discoverRegistry(
  typed: string,
  trust: Pick<TlsOptions, 'pinnedFingerprint256'>,
  { logger, userAgent, limiter }: Pick<OpenRegistryOptions, 'logger' | 'userAgent' | 'limiter'>,
  signal: AbortSignal,
): Promise<Discovery> {
  const { host } = parseRegistryUrl(typed);
  const tls = { ...(await readCertificates(host, logger)), ...trust };
  return discoverEndpoint(typed, { tls, proxy: readProxyOptions(), logger, userAgent, limiter }, signal);
}

function readCertificates(host: string, logger: Logger): Promise<DockerCertificates> {
  return readDockerCertificates(host, certificateFolders(credentialEnvironment()), logger);
}

async function readTlsOptions(
  connection: Connection,
  endpoint: RegistryEndpoint,
  logger: Logger,
): Promise<TlsOptions> {
  if (endpoint.scheme === 'http') {
    if (!connection.allowInsecureHttp && !isLoopbackHost(endpoint.host)) {
      throw new CoreError('tls', 'plain http was not allowed for this connection', {
        host: endpoint.host,
        reason: 'insecureHttpNotAllowed',
      });
    }
    return {};
  }
  const fromDocker = await readCertificates(endpoint.host, logger);
  const own = connection.caFile ? [await readFile(connection.caFile, 'utf8')] : [];
  return {
    ...fromDocker,
    additionalCaPem: [...fromDocker.additionalCaPem, ...own],
    ...(connection.trustedFingerprint256 && {
      pinnedFingerprint256: connection.trustedFingerprint256,
    }),
  };
}
