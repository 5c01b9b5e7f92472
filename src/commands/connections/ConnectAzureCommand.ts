import * as vscode from 'vscode';
import type { AzureRegistry } from '../../core/providers/azure/AzureResources.ts';
import { askPick, GoBack } from '../../platform/ask.ts';
import { withProgress } from '../withProgress.ts';
import { ConnectRegistryCommand } from './ConnectRegistryCommand.ts';

type RegistryItem = vscode.QuickPickItem &
  ({ readonly registry: AzureRegistry } | { readonly other: 'tenant' | 'address' });

/** Connects a registry of the person's Azure subscriptions, signed in with the Microsoft account of VS Code. */
export class ConnectAzureCommand extends ConnectRegistryCommand {
  override readonly id = 'berth.connectAzure';

  override async execute(): Promise<void> {
    const title = vscode.l10n.t('Connect Azure Container Registry');
    let tenant: string | undefined;
    for (;;) {
      const item = await this.#askRegistry(title, tenant);
      if ('registry' in item) {
        const { host, resourceId } = item.registry;
        const draft = { address: `https://${host}`, resourceId, ...(tenant && { tenant }), repositories: [] };
        return this.connect(title, { ...draft, auth: 'microsoft' }, { isSignedIn: true });
      }
      if (item.other === 'address') {
        return this.connect(
          title,
          { address: '', auth: 'microsoft', repositories: [] },
          { withAddress: true },
        );
      }
      try {
        tenant = await this.#askTenant(title);
      } catch (error) {
        if (!(error instanceof GoBack)) throw error;
      }
    }
  }

  async #askRegistry(title: string, tenant: string | undefined): Promise<RegistryItem> {
    const { withAzureResources } = await import('../../platform/azureAccount.ts');
    const registries = await withProgress(vscode.l10n.t('Looking for registries in Azure…'), (signal) =>
      withAzureResources(tenant, this.services.logger, (azure) => azure.listRegistries(signal)),
    );
    return askPick<RegistryItem>({
      title,
      placeholder:
        registries.length > 0
          ? vscode.l10n.t('Which registry?')
          : vscode.l10n.t('The subscriptions of this account have no registry that it may see'),
      items: [
        ...registries.map((registry) => ({
          label: registry.host,
          description: `${registry.subscription} · ${registry.resourceGroup} · ${registry.location}`,
          iconPath: new vscode.ThemeIcon('server'),
          registry,
        })),
        { label: '', kind: vscode.QuickPickItemKind.Separator, other: 'address' },
        {
          label: vscode.l10n.t('Another Directory…'),
          iconPath: new vscode.ThemeIcon('organization'),
          other: 'tenant',
        },
        {
          label: vscode.l10n.t('Type an Address…'),
          iconPath: new vscode.ThemeIcon('edit'),
          other: 'address',
        },
      ],
    });
  }

  async #askTenant(title: string): Promise<string> {
    const { withAzureResources } = await import('../../platform/azureAccount.ts');
    const tenants = await withProgress(vscode.l10n.t('Looking for directories in Azure…'), (signal) =>
      withAzureResources(undefined, this.services.logger, (azure) => azure.listTenants(signal)),
    );
    const { id } = await askPick({
      title,
      placeholder: vscode.l10n.t('Which directory (tenant)?'),
      items: tenants.map(({ id: tenantId, name, domain }) => ({
        label: name,
        description: domain,
        id: tenantId,
      })),
      canGoBack: true,
    });
    return id;
  }
}
