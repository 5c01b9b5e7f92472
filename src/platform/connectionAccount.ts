/** Which account of VS Code a connection signs in with, and what its token is asked for with. */
import type { AccountService } from '../core/providers/ProviderContext.ts';
import {
  accountServiceOf,
  registryScopes,
  resourceManagerScopes,
  tryFindAzureCloud,
} from '../core/providers/azure/acrAddress.ts';
import { GITHUB_SCOPES } from '../core/providers/gitHubScopes.ts';
import type { Connection } from './Connection.ts';

export interface ConnectionAccount {
  readonly service: AccountService;
  /** One list a token, the one to try first coming first. */
  readonly scopes: readonly [first: readonly string[], ...others: (readonly string[])[]];
}

/** Undefined where the connection uses none, or may not: a token of Azure goes to registries of Azure alone. */
export function accountOf({
  auth,
  url,
  tenant,
}: Pick<Connection, 'url' | 'tenant'> & { readonly auth?: Connection['auth'] | undefined }):
  ConnectionAccount | undefined {
  if (auth === 'github') return { service: 'github', scopes: [GITHUB_SCOPES] };
  if (auth !== 'microsoft') return undefined;
  const address = URL.parse(url);
  const cloud = address?.protocol === 'https:' ? tryFindAzureCloud(address.host) : undefined;
  if (cloud === undefined) return undefined;
  const others = registryScopes(cloud, tenant);
  return {
    service: accountServiceOf(cloud),
    scopes: [resourceManagerScopes(cloud, tenant), ...(others ? [others] : [])],
  };
}
