/** What is not there, in a registry or in the Docker engine. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordNotFound(
  { reason, operation, subject, missing, page }: ErrorDetails,
  host: string,
  doing: string,
  answer: string,
): WordedError {
  switch (reason) {
    case 'imageUnknown':
      return worded(
        l10n.t('No such image'),
        subject
          ? l10n.t('The Docker engine has no image {0}.', toDisplayLine(subject))
          : doing + l10n.t('The Docker engine has no such image.'),
        'retry',
      );
    case 'platformUnavailable':
      return worded(
        l10n.t('Not for this platform'),
        doing + l10n.t('The image is not there for this platform.'),
        'retry',
      );
    case 'baseNotConnected':
      return worded(
        l10n.t('Not connected'),
        l10n.t('No connection reaches {0}. Connect its registry first.', toDisplayLine(subject ?? host)),
        'showLog',
      );
    case 'builderUnknown':
      return worded(
        l10n.t('No such builder'),
        doing + l10n.t('There is no builder of that name. Choose another one.'),
        'retry',
      );
    case 'containerUnknown':
      return worded(
        l10n.t('No such container'),
        doing + l10n.t('The Docker engine has no container of that name. It may have been removed.'),
        'retry',
      );
    case 'volumeUnknown':
      return worded(
        l10n.t('No such volume'),
        doing + l10n.t('The Docker engine has no volume of that name. It may have been removed.'),
        'retry',
      );
    case 'noConnection':
      return worded(
        l10n.t('Not connected'),
        l10n.t('This registry is no longer among your connections. Connect it again.'),
        'retry',
      );
    case 'noSuchFile':
      return worded(
        l10n.t('No such file'),
        doing + l10n.t('The image has no such file, or a link to it leads nowhere.'),
        'retry',
      );
    case 'noDirectory':
      return worded(l10n.t('Not a folder'), doing + l10n.t('This is not a folder.'), 'retry');
    case 'linkLoop':
      return worded(
        l10n.t('Link loop'),
        doing + l10n.t('Its links lead round in a circle, so there is nothing to read.'),
        'retry',
      );
    case 'garbageCollected':
      return worded(
        l10n.t('Content is gone'),
        doing + l10n.t('The registry has already collected the content, so it cannot be put back.'),
        'showLog',
      );
    case 'repositoryKeyUnknown':
      return worded(
        l10n.t('No such repository key'),
        doing +
          l10n.t(
            'Artifactory has no Docker repository with the key "{0}", or does not show it to this account. The keys are on {1}; the address of the connection names one.',
            toDisplayLine(missing ?? '', 100) || '?',
            page ?? host,
          ),
        'editConnection',
      );
    default:
      // Who may read the manifest may read what it names.
      if (operation === 'read blob') {
        return worded(
          l10n.t('Content is missing'),
          doing +
            l10n.t('{0} has the manifest, but not this part of it. Push the image again.', host) +
            answer,
          'retry',
        );
      }
      return worded(
        l10n.t('Not found'),
        doing + l10n.t('{0} does not have it, or does not show it to this account.', host) + answer,
        'retry',
      );
  }
}
