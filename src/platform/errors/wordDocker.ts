/** What the Docker engine or client could not do. */
import { l10n } from 'vscode';
import type { CoreError, ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { lastLine, worded, type WordedError } from './WordedError.ts';

export function wordDockerFailed({ details, message }: CoreError, doing: string): WordedError {
  const said = lastLine(details.output) ?? toDisplayLine(message);
  const step = toDisplayLine(details.subject ?? '', 120);
  switch (details.reason) {
    case 'buildStepFailed':
      return worded(
        l10n.t('A build step failed'),
        step
          ? l10n.t('The build failed at the step "{0}": {1}', step, said)
          : l10n.t('The build failed at a step: {0}', said),
        'showLog',
      );
    case 'dockerfileSyntax':
      return worded(l10n.t('Dockerfile'), l10n.t('The Dockerfile does not parse: {0}', said), 'showLog');
    case 'dockerfileMissing':
      return worded(l10n.t('Dockerfile'), l10n.t('The Dockerfile cannot be read: {0}', said), 'showLog');
    case 'contextMissing':
      return worded(l10n.t('Context'), l10n.t('The context folder cannot be used: {0}', said), 'showLog');
    case 'targetUnknown':
      return worded(l10n.t('Target stage'), l10n.t('The Dockerfile has no such target stage.'), 'showLog');
    case 'containerExited':
      return worded(
        l10n.t('Container ended'),
        doing + l10n.t('Its container ended as soon as it was started. It said last: {0}', said),
        'showLog',
      );
    case 'fileNotInContext':
      return worded(
        l10n.t('File not found'),
        step
          ? l10n.t('The step "{0}" needs a file that is not in the context folder: {1}', step, said)
          : l10n.t('A file is not in the context folder: {0}', said),
        'showLog',
      );
    case 'killed':
      return worded(
        l10n.t('Docker was stopped'),
        doing + l10n.t('Something stopped the program before it was done. Try again.'),
        'retry',
      );
    case 'unreadableOutput':
      return worded(
        l10n.t('Docker answered oddly'),
        doing + l10n.t('What Docker printed is not what Berth expects. A newer or older Docker may help.'),
        'showLog',
      );
    default:
      return worded(l10n.t('Docker failed'), doing + l10n.t('Docker said: {0}', said), 'showLog');
  }
}

export function wordDockerUnreachable(details: ErrorDetails, doing: string): WordedError {
  switch (details.reason) {
    case 'permissionDenied':
      return worded(
        l10n.t('No permission for Docker'),
        doing +
          l10n.t(
            'Your user may not talk to the Docker engine. On Linux, add it to the group "docker" and log in again.',
          ),
        'selectDockerContext',
      );
    case 'contextNotFound':
      return worded(
        l10n.t('No such Docker context'),
        doing + l10n.t('The Docker context that is chosen does not exist. Choose another one.'),
        'selectDockerContext',
      );
    default:
      return worded(
        l10n.t('Docker engine does not answer'),
        doing + l10n.t('The Docker engine does not answer. Start it, or choose another context.'),
        'selectDockerContext',
      );
  }
}
