/** What a registry, or the Docker client, is not able or not allowed to do. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { wordAzure } from './wordAzure.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordUnsupported(
  details: ErrorDetails,
  host: string,
  doing: string,
  answer: string,
): WordedError {
  switch (details.reason) {
    case 'deleteDisabled':
      return worded(
        l10n.t('Deletion is switched off'),
        doing +
          l10n.t(
            'Deletion is switched off on {0}. Its administrator can allow it (Distribution: REGISTRY_STORAGE_DELETE_ENABLED=true).',
            host,
          ),
        'retry',
      );
    case 'lastTaggedVersion':
      return worded(
        l10n.t('Last tag of the package'),
        doing +
          l10n.t(
            'GitHub does not delete the last tagged version of a package. Push another tag first, or delete the whole package on its page on GitHub.',
          ),
        'retry',
      );
    case 'noFiles':
      return worded(
        l10n.t('No files'),
        doing +
          l10n.t('It holds no file system: it is an artifact, not an image. Inspect its manifest instead.'),
        'showLog',
      );
    case 'noLayers':
      return worded(
        l10n.t('No layers'),
        doing +
          l10n.t('It has no layers, so there are no files in it. Inspect its manifest to see what it says.'),
        'showLog',
      );
    case 'versionKept':
      return worded(
        l10n.t('GitHub keeps it'),
        doing + l10n.t('GitHub does not delete this version; the tag is where it was.') + answer,
        'retry',
      );
    case 'noCatalog':
    case 'catalog':
      return worded(
        l10n.t('No list of repositories'),
        l10n.t('{0} does not list its repositories. Pin the ones you use.', host),
        'pinRepository',
      );
    case 'multiPlatformNeedsBuildx':
      return worded(
        l10n.t('buildx is needed'),
        l10n.t(
          'A build for several platforms, or with a builder, needs Docker buildx. Install buildx, or build for one platform without a builder.',
        ),
        'showLog',
      );
    case 'multiPlatformNeedsBuilder':
      return worded(
        l10n.t('Another builder is needed'),
        l10n.t(
          'This builder builds for one platform only. Choose or create one of the driver docker-container (docker buildx create --use).',
        ),
        'showLog',
      );
    case 'multiPlatformCannotLoad':
      return worded(
        l10n.t('Push is needed'),
        l10n.t('The Docker engine cannot hold an image of several platforms. Choose to push it instead.'),
        'retry',
      );
    case 'buildxMissing':
      return worded(
        l10n.t('buildx is needed'),
        l10n.t('The Docker client has no buildx. Install it, or choose no builder.'),
        'showLog',
      );
    case 'cliTooOld':
      return worded(
        l10n.t('Docker is too old'),
        doing + l10n.t('The Docker client does not know what it was asked to do. Install a newer one.'),
        'openDockerSettings',
      );
    case 'tagDelete':
      return worded(
        l10n.t('No deletion by tag'),
        doing + l10n.t('{0} deletes whole images only, not single tags.', host) + answer,
        'retry',
      );
    case 'takesSiblings':
      return worded(
        l10n.t('Other tags would go too'),
        doing + l10n.t('{0} can only delete the image with all its tags, so nothing was deleted.', host),
        'retry',
      );
    case 'noGarbageCollector':
      return worded(
        l10n.t('No garbage collector'),
        doing +
          l10n.t(
            'The image of this registry has no "registry garbage-collect": it is no Distribution registry, and frees space in its own way.',
          ),
        'retry',
      );
    case 'legacyManifest':
      return worded(
        l10n.t('Outdated image format'),
        doing +
          l10n.t(
            'The image is in the outdated schema 1, which holds its own tag. Push it anew with a current Docker.',
          ),
        'showLog',
      );
    default:
      return (
        wordAzure(details, doing, answer) ??
        worded(l10n.t('Not supported'), doing + l10n.t('{0} does not support this.', host) + answer, 'retry')
      );
  }
}
