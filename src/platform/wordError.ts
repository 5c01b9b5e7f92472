/**
 * Errors in plain words: what was attempted, on what, what was answered, and the one thing to try next.
 * Core throws kinds and data; only this file, and those in errors/ for kinds with many reasons, turn them into sentences.
 */
import { l10n } from 'vscode';
import { isCoreError } from '../core/common/CoreError.ts';
import { toDisplayLine } from '../core/common/displayText.ts';
import { attempted } from './errors/attempted.ts';
import { wordConflict } from './errors/wordConflict.ts';
import { wordDockerFailed, wordDockerUnreachable } from './errors/wordDocker.ts';
import { worded, type ErrorAction, type WordedError } from './errors/WordedError.ts';
import { wordInvalidInput } from './errors/wordInvalidInput.ts';
import { wordNotARegistry } from './errors/wordNotARegistry.ts';
import { wordNotFound } from './errors/wordNotFound.ts';
import { wordProxy } from './errors/wordProxy.ts';
import { wordRealmRefused, wordRedirectRefused, wordTokenFailed } from './errors/wordRefusedHost.ts';
import { wordCredentialHelper, wordForbidden, wordUnauthorized } from './errors/wordSignIn.ts';
import { wordTls } from './errors/wordTls.ts';
import { wordUnsupported } from './errors/wordUnsupported.ts';

export type { ErrorAction, WordedError } from './errors/WordedError.ts';

/** The label of the button for an action. */
export function actionLabel(action: ErrorAction): string {
  switch (action) {
    case 'signIn':
      return l10n.t('Sign In');
    case 'trustCertificate':
      return l10n.t('Trust Certificate…');
    case 'chooseClientCertificate':
      return l10n.t('Choose Client Certificate…');
    case 'enterPassphrase':
      return l10n.t('Enter Passphrase…');
    case 'allowBlocked':
      return l10n.t('Connect Anyway…');
    case 'retry':
      return l10n.t('Retry');
    case 'editConnection':
      return l10n.t('Edit Connection');
    case 'pinRepository':
      return l10n.t('Pin Repository…');
    case 'openProxySettings':
      return l10n.t('Proxy Settings');
    case 'openDockerSettings':
      return l10n.t('Docker Settings');
    case 'selectDockerContext':
      return l10n.t('Select Docker Context');
    case 'startLocalRegistry':
      return l10n.t('Start');
    case 'manageTrust':
      return l10n.t('Manage Workspace Trust');
    case 'showLog':
      return l10n.t('Show Log');
  }
}

export function wordError(error: unknown): WordedError {
  if (!isCoreError(error)) {
    const text = error instanceof Error ? error.message : typeof error === 'string' ? error : '';
    return worded(
      l10n.t('Something unexpected happened'),
      text || l10n.t('Something unexpected happened.'),
      'showLog',
    );
  }
  const { details } = error;
  // At the beginning of a sentence, and within one.
  const host = details.host ?? l10n.t('The registry');
  const where = details.host ?? l10n.t('the registry');
  const answer = details.registryMessage
    ? l10n.t(' It answered: "{0}".', toDisplayLine(details.registryMessage))
    : '';
  const doing = attempted(details);
  switch (error.kind) {
    case 'cancelled':
      return worded(l10n.t('Cancelled'), l10n.t('Cancelled.'), 'retry');
    case 'invalidInput':
      return worded(l10n.t('Invalid input'), wordInvalidInput(error), 'retry');
    case 'hostNotFound':
      return worded(
        l10n.t('Host not found'),
        doing + l10n.t('The host "{0}" was not found. Check the address and your network.', where),
        'editConnection',
      );
    case 'connectionRefused':
      return worded(
        l10n.t('Nothing listens there'),
        doing + l10n.t('Nothing listens at {0}. Start the registry or check the port.', where),
        'retry',
      );
    case 'connectTimeout':
      return worded(
        l10n.t('No answer'),
        doing + l10n.t('{0} did not answer in time. Check the address, your VPN or a proxy.', host),
        'retry',
      );
    case 'connectionReset':
      return worded(
        l10n.t('Connection lost'),
        doing + l10n.t('The connection to {0} was cut. Try again.', where),
        'retry',
      );
    case 'timeout':
      return details.reason === 'registryNotAnswering'
        ? worded(
            l10n.t('Not ready yet'),
            doing + l10n.t('The registry was started and does not answer yet. Try again in a moment.'),
            'retry',
          )
        : worded(
            l10n.t('Too slow'),
            doing + l10n.t('{0} answered too slowly and was given up. Try again.', host),
            'retry',
          );
    case 'tls':
      return wordTls(details, where, doing);
    case 'proxy':
      return wordProxy(details, where, doing);
    case 'notARegistry':
      return worded(l10n.t('Not a registry'), doing + wordNotARegistry(details, host), 'editConnection');
    case 'unauthorized':
      return wordUnauthorized(details, host, doing, answer);
    case 'forbidden':
      if (details.reason === 'untrustedWorkspace') {
        return worded(
          l10n.t('Workspace is not trusted'),
          l10n.t('Berth starts no program in an untrusted workspace. Trust it to use Docker from here.'),
          'manageTrust',
        );
      }
      if (details.reason === 'blockedByConfiguration') {
        return worded(
          l10n.t('Blocked on this machine'),
          l10n.t(
            '{0} is blocked by {1}, so nothing was sent to it.',
            host,
            toDisplayLine(details.subject ?? 'registries.conf'),
          ),
          'allowBlocked',
        );
      }
      return wordForbidden(details, host, doing, answer);
    case 'notFound':
      return wordNotFound(details, host, doing, answer);
    case 'unsupported':
      return wordUnsupported(details, host, doing, answer);
    case 'rateLimited':
      return worded(
        l10n.t('Rate limit'),
        doing +
          (details.retryAfterSeconds
            ? l10n.t(
                '{0} allows no more requests for now. Try again in {1} seconds.',
                host,
                details.retryAfterSeconds,
              )
            : l10n.t('{0} allows no more requests for now. Try again later.', host)),
        'retry',
      );
    case 'serverError':
      if (details.reason === 'leftOnPlaceholder') {
        return worded(
          l10n.t('Tag is on a placeholder'),
          doing +
            l10n.t(
              'The tag is on an empty placeholder now and {0} did not take it back. Undo the deletion from Activity to put it back.',
              host,
            ),
          'retry',
        );
      }
      return worded(
        l10n.t('Registry error'),
        doing + l10n.t('{0} failed with status {1}.', host, details.status ?? '5xx') + answer,
        'retry',
      );
    case 'redirectRefused':
      return wordRedirectRefused(details, host, doing);
    case 'realmRefused':
      return wordRealmRefused(details, host, doing);
    case 'tokenFailed':
      return wordTokenFailed(details, where, doing, answer);
    case 'protocol':
      if (details.reason === 'damagedArchive') {
        return worded(
          l10n.t('Damaged archive'),
          doing + l10n.t('The archive is damaged ({0}), so it cannot be read.', details.code ?? '…'),
          'showLog',
        );
      }
      return worded(
        l10n.t('Unexpected answer'),
        doing + l10n.t('{0} sent an answer that breaks the registry protocol.', host) + answer,
        'showLog',
      );
    case 'digestMismatch':
      return worded(
        l10n.t('Content does not match'),
        doing + l10n.t('What {0} sent does not match its digest, so it was thrown away. Try again.', where),
        'retry',
      );
    case 'sizeMismatch':
      return worded(
        l10n.t('Incomplete content'),
        doing + l10n.t('{0} sent less than it promised. Try again.', host),
        'retry',
      );
    case 'tooLarge':
      if (details.operation === 'read file') {
        return worded(
          l10n.t('Too large'),
          doing + l10n.t('The file is too large to be shown. Save it to the disk instead.'),
          'retry',
        );
      }
      return worded(
        l10n.t('Too large'),
        doing + l10n.t('The answer of {0} is over the size that is safe to read.', where),
        'showLog',
      );
    case 'conflict':
      return wordConflict(details, doing, answer);
    case 'credentialHelper':
      return wordCredentialHelper(details);
    case 'dockerMissing':
      return worded(
        l10n.t('Docker not found'),
        l10n.t(
          'The program "{0}" was not found. Install Docker or Podman, or set its path.',
          details.subject ?? 'docker',
        ),
        'openDockerSettings',
      );
    case 'dockerUnreachable':
      return wordDockerUnreachable(details, doing);
    case 'dockerFailed':
      return wordDockerFailed(error, doing);
    case 'disk':
      return details.reason === 'diskFull' || details.code === 'ENOSPC'
        ? worded(l10n.t('Disk is full'), doing + l10n.t('There is no space left on the disk.'), 'retry')
        : worded(
            l10n.t('Disk'),
            doing + l10n.t('Reading or writing on the disk failed: {0}', details.code ?? error.message),
            'retry',
          );
  }
}
