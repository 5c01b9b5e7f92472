/** What the Microsoft account of VS Code has in Azure; in a chunk of its own, for when a registry is looked for. */
import * as vscode from 'vscode';
import type { Logger } from '../core/common/Logger.ts';
import { ProviderApi } from '../core/providers/api/ProviderApi.ts';
import {
  accountServiceOf,
  AZURE_CLOUDS,
  resourceManagerScopes,
  type AzureCloud,
  type AzureCloudName,
} from '../core/providers/azure/acrAddress.ts';
import { AzureResources } from '../core/providers/azure/AzureResources.ts';
import { requestAccountToken } from './accountTokens.ts';
import { openBareTransport } from './openBareTransport.ts';

/** How VS Code's sovereign sign-in names the clouds, in a setting of its own. */
const SOVEREIGN_CLOUDS: Readonly<Record<string, AzureCloudName>> = {
  ChinaCloud: 'china',
  USGovernment: 'usGovernment',
};

/** The cloud that VS Code is set to sign in to. */
function chosenAzureCloud(): AzureCloud {
  const environment = vscode.workspace.getConfiguration('microsoft-sovereign-cloud').get('environment');
  const name = SOVEREIGN_CLOUDS[typeof environment === 'string' ? environment : ''] ?? 'public';
  return AZURE_CLOUDS.find((cloud) => cloud.name === name)!;
}

/** Signs in, asking where need be, and looks around in one directory: `tenant`, or the account's own. */
export async function withAzureResources<Result>(
  tenant: string | undefined,
  logger: Logger,
  use: (resources: AzureResources) => Promise<Result>,
): Promise<Result> {
  const cloud = chosenAzureCloud();
  const { token } = await requestAccountToken(accountServiceOf(cloud), resourceManagerScopes(cloud, tenant));
  const transport = openBareTransport(cloud.resourceManagerUrl, logger);
  try {
    const api = new ProviderApi(transport, cloud.resourceManagerUrl, () =>
      Promise.resolve(`Bearer ${token}`),
    );
    return await use(new AzureResources(api, logger));
  } finally {
    await transport.dispose();
  }
}
