/** The way to a server of a test for what is asked besides a registry: without credentials, not sparing of time. */
import { nullLogger } from '../../src/core/common/Logger.ts';
import { createEndpoint } from '../../src/core/registry/parseRegistryUrl.ts';
import { Transport } from '../../src/core/registry/transport/Transport.ts';

export function bareTransport(origin: string): Transport {
  return new Transport({
    endpoint: createEndpoint(origin, 'api'),
    tls: {},
    proxy: { strictProxyTls: true },
    credentials: { get: () => Promise.resolve(undefined) },
    logger: nullLogger,
    userAgent: 'berth-test',
  });
}
