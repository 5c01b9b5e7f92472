/** Other servers that a registry sent us to, for content or for a sign-in, and that we did not follow or trust. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordRedirectRefused(details: ErrorDetails, host: string, doing: string): WordedError {
  const summary = l10n.t('Redirect refused');
  const other = details.otherHost ?? l10n.t('another server');
  switch (details.reason) {
    case 'tooManyRedirects':
      return worded(
        summary,
        doing + l10n.t('{0} redirects again and again. Try again later.', host),
        'retry',
      );
    case 'privateAddress':
      return worded(
        summary,
        doing +
          l10n.t(
            '{0} redirected to {1}, an address inside a private network, and nobody agreed to follow it.',
            host,
            other,
          ),
        'retry',
      );
    case 'streamedBody':
      return worded(
        summary,
        doing + l10n.t('{0} sent an upload on to {1} when it had already begun. Try again.', host, other),
        'retry',
      );
    case 'httpsDowngrade':
      return worded(
        summary,
        doing + l10n.t('{0} redirected to {1} without encryption, which is not safe to follow.', host, other),
        'editConnection',
      );
    case 'metadataAddress':
      return worded(
        summary,
        doing +
          l10n.t('{0} redirected to {1}, the address where a cloud keeps its own secrets.', host, other),
        'editConnection',
      );
    default:
      // notHttp, userInfo, methodChange: broken or hostile, and nothing a person could do about it but look.
      return worded(
        summary,
        doing + l10n.t('{0} redirected to {1}, which is not safe to follow.', host, other),
        'editConnection',
      );
  }
}

export function wordRealmRefused(details: ErrorDetails, host: string, doing: string): WordedError {
  const summary = l10n.t('Sign-in server refused');
  const other = details.otherHost ?? l10n.t('another server');
  switch (details.reason) {
    case 'otherHost':
      return worded(
        summary,
        doing +
          l10n.t(
            '{0} wants your credentials sent to {1}, and nobody agreed to it. Berth did not send them.',
            host,
            other,
          ),
        'retry',
      );
    case 'httpsDowngrade':
      return worded(
        summary,
        doing +
          l10n.t(
            '{0} wants your credentials sent to {1} without encryption. Berth did not send them.',
            host,
            other,
          ),
        'editConnection',
      );
    case 'privateAddress':
    case 'metadataAddress':
      return worded(
        summary,
        doing +
          l10n.t(
            '{0} wants your credentials sent to {1}, an address that is not on the Internet as the registry is. Berth did not send them.',
            host,
            other,
          ),
        'editConnection',
      );
    default:
      return worded(
        summary,
        doing + l10n.t('{0} wants your credentials sent to {1}. Berth did not send them.', host, other),
        'editConnection',
      );
  }
}

export function wordTokenFailed(
  details: ErrorDetails,
  host: string,
  doing: string,
  answer: string,
): WordedError {
  const summary = l10n.t('Sign-in failed');
  const server = details.otherHost ?? host;
  switch (details.reason) {
    case 'tokenRedirect':
      return worded(
        summary,
        doing +
          l10n.t('The sign-in server {0} sends on to another address, where credentials do not go.', server),
        'editConnection',
      );
    case 'tokenStatus':
      return worded(
        summary,
        doing +
          (details.status === undefined
            ? l10n.t('The sign-in server {0} failed. Try again.', server)
            : l10n.t('The sign-in server {0} failed with status {1}. Try again.', server, details.status)) +
          answer,
        'retry',
      );
    case 'tokenTooLarge':
    case 'badTokenReply':
      return worded(
        summary,
        doing +
          l10n.t(
            'The sign-in server {0} answered with something that is no token. A sign-in page of your network also looks like this.',
            server,
          ),
        'retry',
      );
    default:
      return worded(
        summary,
        doing + l10n.t('The sign-in server {0} gave no usable token.', server) + answer,
        'signIn',
      );
  }
}
