/** Something else is in the way, or has changed meanwhile. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordConflict(details: ErrorDetails, doing: string, answer: string): WordedError {
  switch (details.reason) {
    case 'portTaken':
      return worded(
        l10n.t('Port is taken'),
        details.subject
          ? l10n.t('Something else listens on {0} already. Choose another port.', details.subject)
          : l10n.t('Something else listens on that port already. Choose another one.'),
        'retry',
      );
    case 'fileExists':
      return worded(
        l10n.t('Already there'),
        doing + l10n.t('Something of that name is there already. Choose another name or folder.'),
        'retry',
      );
    case 'containerNameTaken':
      return worded(
        l10n.t('Name is taken'),
        doing + l10n.t('A container of that name exists already. Choose another name.'),
        'retry',
      );
    case 'imageInUse':
      return worded(l10n.t('Image is in use'), doing + l10n.t('A container uses the image.'), 'retry');
    case 'imageHasSeveralTags':
      return worded(
        l10n.t('Image has other names'),
        doing + l10n.t('The image has names in several repositories. Remove it by name.'),
        'retry',
      );
    case 'imageHasChildren':
      return worded(
        l10n.t('Image is a base'),
        doing + l10n.t('Other images are built on it. Remove those first.'),
        'retry',
      );
    case 'tagImmutable':
      return worded(
        l10n.t('Tag cannot change'),
        doing + l10n.t('The registry does not let this tag be written again. Choose another tag.') + answer,
        'retry',
      );
    case 'manifestHasTags':
      return worded(
        l10n.t('Image has tags'),
        doing + l10n.t('Tags still point at the image. Delete those first.'),
        'retry',
      );
    case 'manifestHasParents':
      return worded(
        l10n.t('Part of another image'),
        doing + l10n.t('An image for several platforms still holds this one. Delete that first.'),
        'retry',
      );
    case 'volumeInUse':
      return worded(
        l10n.t('Volume is in use'),
        doing + l10n.t('A container uses the volume. Remove the container first.'),
        'retry',
      );
    case 'tagExists':
      return worded(
        l10n.t('Tag exists'),
        doing +
          l10n.t('The tag is there already, on another image. Choose another tag, or agree to move it.'),
        'retry',
      );
    case 'operationRunning':
      return worded(
        l10n.t('Running already'),
        l10n.t('Another window is working on it. Wait until it has finished there.'),
        'retry',
      );
    case 'referencedByIndex':
      return worded(
        l10n.t('A multi-platform image holds it'),
        doing +
          l10n.t('The registry keeps an image that a multi-platform image holds. Delete that one first.') +
          answer,
        'retry',
      );
    case 'registryStopped':
      return worded(
        l10n.t('Registry is stopped'),
        doing + l10n.t('The registry does not run. Start it, then try again.'),
        'retry',
      );
    case 'takesSiblings':
      return worded(
        l10n.t('Another tag stays'),
        doing + l10n.t('Another tag of the image stays, and the registry deletes whole images only.'),
        'retry',
      );
    default:
      return worded(
        l10n.t('Changed meanwhile'),
        doing +
          l10n.t(
            '{0} has changed since it was shown. Refresh and try again.',
            details.subject ?? l10n.t('It'),
          ) +
          answer,
        'retry',
      );
  }
}
