/** What becomes of the bytes after a deletion: whether this registry frees them by itself, and how where it does not. */
import { l10n } from 'vscode';
import type { RegistryProvider } from '../core/providers/RegistryProvider.ts';
import type { Connection } from './Connection.ts';

/** One sentence; undefined where nobody knows. */
export function wordReclaim(
  { kind, capabilities: { reclaims } }: Pick<RegistryProvider, 'kind' | 'capabilities'>,
  connection: Pick<Connection, 'name' | 'localContainer'>,
): string | undefined {
  if (connection.localContainer !== undefined) {
    return l10n.t('The space comes free by Collect Garbage, in the menu of {0}.', connection.name);
  }
  switch (kind) {
    case 'harbor':
      return l10n.t(
        'Harbor frees the space at its next garbage collection: Administration, Clean Up, Garbage Collection.',
      );
    case 'zot':
      return l10n.t('zot frees the space by itself, at the intervals of its setting gcInterval.');
    case 'nexus':
      return l10n.t(
        'Nexus frees the space by its tasks "Docker - Delete unused manifests and tags" and "Admin - Compact blob store".',
      );
    case 'artifactory':
      return l10n.t(
        'Artifactory frees the space at its next garbage collection (Administration, Maintenance).',
      );
    case 'acr':
      return l10n.t(
        'Azure frees the layers by itself; an image without a tag stays until a retention policy or acr purge takes it.',
      );
    case 'ghcr':
      return l10n.t('What has no tag any more stays on GitHub until Clean Up Repository deletes it.');
    case 'google':
      return l10n.t(
        'Google frees the layers by itself; an image without a tag stays until a clean-up policy takes it.',
      );
    case 'gitea':
      return l10n.t('Gitea frees the space by its daily clean-up of packages.');
    case 'gitlab':
      return reclaims === 'automatic'
        ? l10n.t('GitLab frees the space by itself.')
        : l10n.t(
            'The space comes free by online garbage collection, or by gitlab-ctl registry-garbage-collect -m on the GitLab server.',
          );
    default:
  }
  switch (reclaims) {
    case 'automatic':
      return l10n.t('The registry frees the space by itself.');
    case 'scheduled':
      return l10n.t('The registry frees the space at its next garbage collection.');
    case 'manual':
      return l10n.t(
        'The space comes free when garbage is collected on the server (Distribution: registry garbage-collect /etc/docker/registry/config.yml). With --delete-untagged images without a tag go too; before version 3 that breaks multi-platform images.',
      );
    default:
      return undefined;
  }
}
