/** Azure Container Registry: roles, locks and sign-ins; each with the command of the Azure CLI that helps. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { acrName, isAcrHost } from '../../core/providers/azure/acrAddress.ts';
import { worded, type WordedError } from './WordedError.ts';

/** Undefined where it is not about Azure. */
export function wordAzure(details: ErrorDetails, doing: string, answer: string): WordedError | undefined {
  const host = toDisplayLine(details.host ?? '') || 'azurecr.io';
  // What stands in a command is what a name can be: somebody will paste it into a shell.
  const name = isAcrHost(host) ? acrName(host) : 'NAME';
  const [image = 'REPOSITORY:TAG', repository = 'REPOSITORY', digest = 'DIGEST'] =
    /^([\w./-]+)(?:@(sha256:[0-9a-f]{64})|:[\w.-]+)$/.exec(details.subject ?? '') ?? [];
  switch (details.reason) {
    case 'missingRole': {
      const role = details.missing === 'AcrDelete' ? 'AcrDelete' : 'AcrPull';
      return worded(
        l10n.t('A role is missing'),
        doing +
          l10n.t(
            'The account has not the role "{0}" on {1}. Whoever manages access there can grant it: {2}',
            role,
            host,
            grantCommand(name, role),
          ),
        'signIn',
      );
    }
    case 'tagLocked':
      return worded(
        l10n.t('Tag is locked'),
        doing + l10n.t('The tag is locked. To unlock it: {0}', unlockCommand(name, '--image', image)),
        'retry',
      );
    case 'imageLocked':
      return worded(
        l10n.t('Image is locked'),
        doing +
          l10n.t(
            'The image is locked by its digest. To unlock it: {0}',
            unlockCommand(name, '--image', `${repository}@${digest}`),
          ),
        'retry',
      );
    case 'repositoryLocked':
      return worded(
        l10n.t('Repository is locked'),
        doing +
          l10n.t(
            'The whole repository is locked. To unlock it: {0}',
            unlockCommand(name, '--repository', repository),
          ),
        'retry',
      );
    case 'azureAccountRefused':
      return worded(
        l10n.t('Microsoft account not accepted'),
        l10n.t(
          '{0} does not accept the Microsoft account: it is of another directory (tenant), which the connection’s setting "tenant" can name, or has no role on the registry. Whoever manages access there can grant it with "{1}".',
          host,
          grantCommand(name, 'AcrPull'),
        ) + answer,
        'signIn',
      );
    case 'credentialsRefused':
      return isAcrHost(host)
        ? worded(
            l10n.t('Credentials not accepted'),
            doing +
              l10n.t(
                '{0} no longer accepts this sign-in. Sign in again; what the Azure CLI left in Docker’s configuration is renewed by "{1}".',
                host,
                `az acr login --name ${name}`,
              ) +
              answer,
            'signIn',
          )
        : undefined;
    default:
      // What a push or a retag onto something locked is answered with.
      return details.code === 'REGISTRY_DISALLOWED_OPERATION'
        ? worded(
            l10n.t('Locked'),
            doing +
              l10n.t(
                'The tag, its image or the repository is locked. To see what: {0}',
                `az acr repository show --name ${name} --repository ${repository}`,
              ),
            'retry',
          )
        : undefined;
  }
}

function grantCommand(name: string, role: string): string {
  return `az role assignment create --assignee USER --role ${role} --scope $(az acr show --name ${name} --query id --output tsv)`;
}

function unlockCommand(name: string, option: '--image' | '--repository', value: string): string {
  return `az acr repository update --name ${name} ${option} ${value} --delete-enabled true --write-enabled true`;
}
