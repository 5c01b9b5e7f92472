/**
 * Azure Resource Manager as far as Berth speaks to it: https://learn.microsoft.com/rest/api/resources/tenants/list,
 * …/resources/subscriptions/list, https://learn.microsoft.com/rest/api/containerregistry/registries/list; errors and
 * `nextLink`: https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md
 */
import { json } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { Behaviour } from '../faultServer/FaultServer.ts';

export interface AzureResourceManagerOptions {
  readonly token: string;
  readonly tenants?: readonly { readonly tenantId: string; readonly displayName?: string }[];
  /** Subscription → names of its registries. */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>;
  readonly closedSubscriptions?: readonly string[];
  readonly pageSize?: number;
}

export interface AzureResourceManagerContract extends AsyncDisposable {
  readonly server: FaultServer;
}

export async function startAzureResourceManager(
  options: AzureResourceManagerOptions,
): Promise<AzureResourceManagerContract> {
  const server = await FaultServer.start();
  const { token, tenants = [], subscriptions, closedSubscriptions = [], pageSize = 100 } = options;
  const failure = (status: number, code: string, message: string): Behaviour =>
    json({ error: { code, message } }, status);

  server.on('/*', (exchange) => {
    const url = new URL(exchange.request.url, server.origin);
    const paged = (all: readonly unknown[]): Behaviour => {
      const start = Number(url.searchParams.get('$skiptoken') ?? 0);
      const next = new URL(url);
      next.searchParams.set('$skiptoken', String(start + pageSize));
      const hasMore = start + pageSize < all.length;
      return json({
        value: all.slice(start, start + pageSize),
        ...(hasMore && { nextLink: next.href }),
      });
    };
    const answer = (): Behaviour => {
      if (exchange.request.headers.authorization !== `Bearer ${token}`) {
        return failure(401, 'AuthenticationFailed', 'Authentication failed.');
      }
      if (!url.searchParams.has('api-version')) {
        return failure(400, 'MissingApiVersionParameter', 'The api-version query parameter is required.');
      }
      if (url.pathname === '/tenants') return paged(tenants);
      if (url.pathname === '/subscriptions') {
        return paged(
          Object.keys(subscriptions).map((subscriptionId) => ({
            id: `/subscriptions/${subscriptionId}`,
            subscriptionId,
            displayName: `Subscription ${subscriptionId.slice(0, 1)}`,
            state: 'Enabled',
          })),
        );
      }
      const [, id = ''] =
        /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries$/.exec(
          url.pathname,
        ) ?? [];
      if (closedSubscriptions.includes(id)) {
        return failure(403, 'AuthorizationFailed', 'The client does not have authorization.');
      }
      return paged(
        (subscriptions[id] ?? []).map((name) => ({
          id: `/subscriptions/${id}/resourceGroups/group/providers/Microsoft.ContainerRegistry/registries/${name}`,
          name,
          location: 'westeurope',
          sku: { name: 'Premium', tier: 'Premium' },
          properties: { loginServer: `${name}.azurecr.io`, provisioningState: 'Succeeded' },
        })),
      );
    };
    return answer()(exchange);
  });
  return { server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
