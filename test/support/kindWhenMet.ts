/** What kind of registry a server is taken for when somebody connects to it, by its greeting alone. */
import { nullLogger } from '../../src/core/common/Logger.ts';
import { detectProviderKind } from '../../src/core/providers/index.ts';
import { discoverEndpoint } from '../../src/core/registry/discoverEndpoint.ts';

export async function kindWhenMet(origin: string, signal: AbortSignal): Promise<string> {
  const options = { tls: {}, proxy: { strictProxyTls: true }, logger: nullLogger, userAgent: 'berth-test' };
  const discovery = await discoverEndpoint(origin, options, signal);
  return detectProviderKind(discovery.endpoint, discovery);
}
