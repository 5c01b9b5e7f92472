import { l10n } from 'vscode';

/** What a kind of provider is called. */
export function registryKindLabel(kind: string): string {
  switch (kind) {
    case 'oci':
      return l10n.t('OCI registry');
    case 'dockerHub':
      return 'Docker Hub';
    case 'ecr':
      return 'Amazon ECR';
    case 'ecrPublic':
      return 'Amazon ECR Public';
    case 'ghcr':
      return 'GitHub';
    case 'google':
      return 'Google';
    case 'acr':
      return 'Azure Container Registry';
    case 'gitlab':
      return 'GitLab';
    default:
      // Quay, Harbor, Nexus and others, as they write themselves.
      return kind === 'zot' ? kind : `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  }
}
