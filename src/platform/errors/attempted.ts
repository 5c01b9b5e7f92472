/** What was attempted when it failed, in words. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';

/** `Could not list tags (samples/app). `, or nothing when the operation is unknown. */
export function attempted({ operation, subject }: ErrorDetails): string {
  if (!operation) return '';
  const failed = operation.startsWith('docker ') ? l10n.t('"{0}" failed', operation) : wordAttempt(operation);
  return subject ? `${failed} (${toDisplayLine(subject)}). ` : `${failed}. `;
}

/** Core names operations in English, for its log; what is not known here is shown as it is. */
function wordAttempt(operation: string): string {
  switch (operation) {
    case 'check the registry':
      return l10n.t('Could not check the registry');
    case 'list repositories':
      return l10n.t('Could not list repositories');
    case 'list organizations':
      return l10n.t('Could not list organizations');
    case 'look up account':
      return l10n.t('Could not look up the account');
    case 'list tags':
      return l10n.t('Could not list tags');
    case 'look up tag':
      return l10n.t('Could not look up the tag');
    case 'delete tag':
      return l10n.t('Could not delete the tag');
    case 'search repositories':
      return l10n.t('Could not search repositories');
    case 'list referrers':
      return l10n.t('Could not list referrers');
    case 'look up manifest':
      return l10n.t('Could not look up the manifest');
    case 'compare images':
      return l10n.t('Could not compare the images');
    case 'compare files':
      return l10n.t('Could not compare the files');
    case 'get manifest':
      return l10n.t('Could not read the manifest');
    case 'push manifest':
      return l10n.t('Could not write the manifest');
    case 'delete manifest':
      return l10n.t('Could not delete the manifest');
    case 'delete the tag':
      return l10n.t('Could not delete the tag');
    case 'create the repository':
      return l10n.t('Could not create the repository');
    case 'look up blob':
      return l10n.t('Could not look up the content');
    case 'read blob':
      return l10n.t('Could not read the content');
    case 'read layer':
    case 'read files':
      return l10n.t('Could not read the files of the image');
    case 'read file':
      return l10n.t('Could not read the file');
    case 'save files':
      return l10n.t('Could not save');
    case 'upload blob':
    case 'mount blob':
      return l10n.t('Could not upload the content');
    case 'get a token':
      return l10n.t('Could not sign in');
    case 'read credentials':
      return l10n.t('Could not read the credentials');
    case 'read configuration':
      return l10n.t('Could not read the configuration');
    case 'start registry':
      return l10n.t('Could not start the registry');
    case 'collect garbage':
      return l10n.t('Could not collect the garbage');
    case 'list manifests without a tag':
      return l10n.t('Could not list manifests without a tag');
    case 'write journal':
      return l10n.t('Could not keep what Undo needs');
    default:
      return l10n.t('Could not {0}', operation);
  }
}
