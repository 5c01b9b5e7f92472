/** A proxy that is in the way. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordProxy(details: ErrorDetails, host: string, doing: string): WordedError {
  const proxy = details.otherHost ?? l10n.t('in the settings');
  switch (details.reason) {
    case 'proxyAuthentication':
      return worded(
        l10n.t('Proxy wants a sign-in'),
        doing + l10n.t('The proxy {0} wants a user name and password: put them into its address.', proxy),
        'openProxySettings',
      );
    case 'proxyCannotReach':
      return worded(
        l10n.t('Proxy cannot reach it'),
        doing + l10n.t('The proxy {0} could not reach {1}.', proxy, host),
        'openProxySettings',
      );
    case 'proxyUrl':
      return worded(
        l10n.t('Proxy address'),
        doing + l10n.t('The address of the proxy is not valid: it begins with http:// or https://.'),
        'openProxySettings',
      );
    case 'hostNotFound':
    case 'connectionRefused':
    case 'connectTimeout':
      return worded(
        l10n.t('Proxy does not answer'),
        doing + l10n.t('The proxy {0} does not answer. Check its address.', proxy),
        'openProxySettings',
      );
    default:
      return worded(
        l10n.t('Proxy refused'),
        doing + l10n.t('The proxy {0} refused the connection to {1}.', proxy, host),
        'openProxySettings',
      );
  }
}
