/** The hosts of Azure Container Registry, and what belongs to the cloud that each is of. */

export type AzureCloudName = 'public' | 'china' | 'usGovernment';

export interface AzureCloud {
  readonly name: AzureCloudName;
  /** Azure Resource Manager. https://learn.microsoft.com/azure/developer/python/sdk/authentication/multi-cloud */
  readonly resourceManagerUrl: string;
  readonly portalUrl: string;
  /** Ends the host of every registry in it. */
  readonly registrySuffix: string;
}

export const AZURE_CLOUDS: readonly AzureCloud[] = [
  {
    name: 'public',
    resourceManagerUrl: 'https://management.azure.com',
    portalUrl: 'https://portal.azure.com',
    registrySuffix: '.azurecr.io',
  },
  {
    name: 'china',
    resourceManagerUrl: 'https://management.chinacloudapi.cn',
    portalUrl: 'https://portal.azure.cn',
    registrySuffix: '.azurecr.cn',
  },
  {
    name: 'usGovernment',
    resourceManagerUrl: 'https://management.usgovcloudapi.net',
    portalUrl: 'https://portal.azure.us',
    registrySuffix: '.azurecr.us',
  },
];

/** Who signs in by a token rather than as somebody. https://learn.microsoft.com/azure/container-registry/container-registry-authentication */
export const ACR_TOKEN_USER = '00000000-0000-0000-0000-000000000000';

/** The cloud whose registry has that host; undefined for any other host. Registries have one label, data endpoints more. */
export function tryFindAzureCloud(host: string): AzureCloud | undefined {
  return AZURE_CLOUDS.find(
    ({ registrySuffix: suffix }) =>
      host.endsWith(suffix) && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(host.slice(0, -suffix.length)),
  );
}

export function isAcrHost(host: string): boolean {
  return tryFindAzureCloud(host) !== undefined;
}

/** `myregistry` of `myregistry.azurecr.io`, as the Azure CLI takes it; any other host as it is. */
export function acrName(host: string): string {
  return isAcrHost(host) ? host.slice(0, host.indexOf('.')) : host;
}

/** What a token for Azure Resource Manager is asked for with; `tenant`: of that directory rather than the account's own. */
export function resourceManagerScopes({ resourceManagerUrl }: AzureCloud, tenant?: string): string[] {
  return [`${resourceManagerUrl}/.default`, ...tenantScope(tenant)];
}

/** The same for registries alone, some of which take no token of Resource Manager; undefined where the cloud has no such thing. */
export function registryScopes({ name }: AzureCloud, tenant?: string): string[] | undefined {
  if (name !== 'public') return undefined;
  return ['https://containerregistry.azure.net/.default', ...tenantScope(tenant)];
}

/** Whose account of VS Code signs in there. */
export function accountServiceOf({ name }: AzureCloud): 'microsoft' | 'microsoft-sovereign-cloud' {
  return name === 'public' ? 'microsoft' : 'microsoft-sovereign-cloud';
}

/** How VS Code's Microsoft sign-in is told the directory. */
function tenantScope(tenant: string | undefined): string[] {
  return tenant === undefined ? [] : [`VSCODE_TENANT:${tenant}`];
}
