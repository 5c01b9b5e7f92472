/** The way to a host by itself, for what is asked besides a connection: a token, a list of registries. No credentials. */
import type { Logger } from '../core/common/Logger.ts';
import { createEndpoint } from '../core/registry/parseRegistryUrl.ts';
import { Transport } from '../core/registry/transport/Transport.ts';
import { readProxyOptions } from './proxySettings.ts';

/** The caller disposes it. */
export function openBareTransport(origin: string, logger: Logger): Transport {
  return new Transport({
    endpoint: createEndpoint(origin, 'api'),
    tls: {},
    proxy: readProxyOptions(),
    credentials: { get: () => Promise.resolve(undefined) },
    logger,
    userAgent: 'berth',
  });
}
