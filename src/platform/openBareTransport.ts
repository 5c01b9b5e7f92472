/** The way to a host by itself, for what is asked besides a connection: a token, a list of registries. No credentials. */
import type { Logger } from '../core/common/Logger.ts';
import { createEndpoint } from '../core/registry/parseRegistryUrl.ts';
import { Transport } from '../core/registry/transport/Transport.ts';
import { readProxyOptions } from './proxySettings.ts';
import { admitUnlessBlocked } from './refuseBlocked.ts';

/**
 * The caller disposes it.
 * @param allowBlocked the person chose to connect although `registries.conf` blocks the registry.
 */
export function openBareTransport(origin: string, logger: Logger, allowBlocked = false): Transport {
  const endpoint = createEndpoint(origin, 'api');
  return new Transport({
    endpoint,
    tls: {},
    proxy: readProxyOptions(),
    credentials: { get: () => Promise.resolve(undefined) },
    logger,
    userAgent: 'berth',
    ...(!allowBlocked && { admit: admitUnlessBlocked(endpoint.host, logger) }),
  });
}
