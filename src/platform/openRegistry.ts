/**
 * Opens the way to one registry: transport, client, provider. In a chunk of its own, loaded with the HTTP client on
 * first use, so that a window that only starts does not pay for it.
 */
import { CoreError, isCoreError } from '../core/common/CoreError.ts';
import type { Logger } from '../core/common/Logger.ts';
import { readCertificateFiles, type CertificateFiles } from '../core/credentials/certificateFiles.ts';
import type { CredentialStore } from '../core/credentials/CredentialStore.ts';
import { certificateFolders, readDockerCertificates } from '../core/credentials/dockerCertificates.ts';
import { ProviderApi } from '../core/providers/api/ProviderApi.ts';
import { createProvider, detectProviderKind } from '../core/providers/index.ts';
import { discoverEndpoint, type Discovery } from '../core/registry/discoverEndpoint.ts';
import { createEndpoint, isLoopbackHost, parseRegistryUrl } from '../core/registry/parseRegistryUrl.ts';
import { RegistryClient } from '../core/registry/RegistryClient.ts';
import type { RegistryEndpoint, TlsOptions } from '../core/registry/RegistryEndpoint.ts';
import type { ConnectionLimiter } from '../core/registry/transport/ConnectionLimiter.ts';
import { withDetails } from '../core/registry/transport/networkError.ts';
import {
  Transport,
  type TransportOptions,
  type TransportQuestion,
} from '../core/registry/transport/Transport.ts';
import { readAccountToken } from './accountTokens.ts';
import type { Connection } from './Connection.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';
import type { KeyOwner } from './KeyPassphrases.ts';
import { readProxyOptions } from './proxySettings.ts';
import { admitUnlessBlocked, refuseBlocked } from './refuseBlocked.ts';
import type { RegistrySession } from './RegistrySession.ts';

export interface OpenRegistryOptions {
  readonly credentials: CredentialStore;
  readonly logger: Logger;
  readonly userAgent: string;
  readonly limiter: ConnectionLimiter;
  readonly confirm: (question: TransportQuestion) => Promise<boolean>;
  /** The passphrase of the connection's client key, where one is known. */
  readonly keyPassphrase?: (owner: KeyOwner) => Promise<string | undefined>;
}

/** What a person chose to trust and to show while connecting, before it is saved. */
export interface DiscoveryTrust extends Pick<TlsOptions, 'pinnedFingerprint256'>, CertificateFiles {
  readonly keyPassphrase?: string | undefined;
  /** The person chose to connect although `registries.conf` blocks the registry. */
  readonly allowBlocked?: boolean | undefined;
}

export async function openRegistry(
  connection: Connection,
  options: OpenRegistryOptions,
): Promise<RegistrySession> {
  const { credentials, logger, userAgent, limiter, confirm } = options;
  const endpoint = createEndpoint(connection.url, connection.pathStyle ?? 'namespace');
  if (!connection.allowBlocked) await refuseBlocked(endpoint.referenceHost, endpoint.host, logger);
  const tls = await readTlsOptions(connection, endpoint, options);
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
      // The registry's own host was let in by its whole reference, of which a rule may say more than of the host.
      ...(!connection.allowBlocked &&
        other.host !== endpoint.host && { admit: admitUnlessBlocked(other.host, logger) }),
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

/** See discoverEndpoint; with the certificates Docker has for that host and those that were chosen. */
export async function discoverRegistry(
  typed: string,
  { pinnedFingerprint256, keyPassphrase, allowBlocked, ...files }: DiscoveryTrust,
  options: Pick<OpenRegistryOptions, 'logger' | 'userAgent' | 'limiter' | 'keyPassphrase'>,
  signal: AbortSignal,
): Promise<Discovery> {
  const { logger, userAgent, limiter } = options;
  const { host, path } = parseRegistryUrl(typed);
  if (!allowBlocked) await refuseBlocked([host, path].filter(Boolean).join('/'), host, logger);
  const passphrase = async () =>
    keyPassphrase ?? options.keyPassphrase?.({ url: `https://${host}`, ...files });
  const tls = {
    ...(await readCertificates(host, files, passphrase, logger)),
    ...(pinnedFingerprint256 !== undefined && { pinnedFingerprint256 }),
  };
  return discoverEndpoint(typed, { tls, proxy: readProxyOptions(), logger, userAgent, limiter }, signal);
}

/** What Docker and Podman have for the host; a client certificate that the connection names comes before theirs. */
async function readCertificates(
  host: string,
  files: CertificateFiles,
  passphrase: () => Promise<string | undefined>,
  logger: Logger,
): Promise<TlsOptions> {
  const environment = credentialEnvironment();
  const [fromDocker, own] = await Promise.all([
    readDockerCertificates(host, certificateFolders(environment), logger),
    readCertificateFiles(files, environment, passphrase).catch((error: unknown) => {
      throw isCoreError(error) ? withDetails(error, { host }) : error;
    }),
  ]);
  return {
    ...fromDocker,
    ...own,
    additionalCaPem: [...fromDocker.additionalCaPem, ...own.additionalCaPem],
  };
}

async function readTlsOptions(
  connection: Connection,
  endpoint: RegistryEndpoint,
  { logger, keyPassphrase }: OpenRegistryOptions,
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
  return {
    ...(await readCertificates(endpoint.host, connection, async () => keyPassphrase?.(connection), logger)),
    ...(connection.trustedFingerprint256 && {
      pinnedFingerprint256: connection.trustedFingerprint256,
    }),
  };
}
