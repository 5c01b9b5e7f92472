/** A ProviderContext around a test's connection; APIs are opened on real transports and closed with it. */
import { nullLogger } from '../../src/core/common/Logger.ts';
import type { Credential } from '../../src/core/credentials/CredentialStore.ts';
import { ProviderApi } from '../../src/core/providers/api/ProviderApi.ts';
import type { ProviderContext, ProviderSettings } from '../../src/core/providers/ProviderContext.ts';
import { createEndpoint } from '../../src/core/registry/parseRegistryUrl.ts';
import { Transport } from '../../src/core/registry/transport/Transport.ts';
import type { TestConnection } from './TestConnection.ts';

export interface TestContextOptions {
  readonly settings?: ProviderSettings;
  readonly credential?: Credential;
  readonly accountToken?: string;
}

export function testProviderContext(
  connection: TestConnection,
  { settings = {}, credential, accountToken }: TestContextOptions = {},
): ProviderContext {
  const openTransport = (url: string): Transport => {
    const transport = new Transport({
      endpoint: createEndpoint(new URL(url).origin, 'api'),
      tls: {},
      proxy: { strictProxyTls: true },
      credentials: { get: () => Promise.resolve(undefined) },
      logger: nullLogger,
      userAgent: 'berth-test',
      limits: { retryBaseMs: 1, headersTimeoutMs: 10_000 },
    });
    connection.disposeWith(transport);
    return transport;
  };
  return {
    client: connection.client,
    logger: nullLogger,
    settings,
    // Another object each time, as from the editor's secret storage.
    credentials: { get: () => Promise.resolve(credential && { ...credential }) },
    openApi: (baseUrl, authorize) => new ProviderApi(openTransport(baseUrl), baseUrl, authorize),
    openTransport,
    accountToken: () => Promise.resolve(accountToken),
  };
}
