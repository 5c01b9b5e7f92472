/** Certificates and secure connections that were refused, by us or by the Docker engine. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { wordClientCertificate, wordUnusedFile } from './wordClientCertificate.ts';
import { lastLine, worded, type WordedError } from './WordedError.ts';

export function wordTls(details: ErrorDetails, host: string, doing: string): WordedError {
  if (details.operation?.startsWith('docker ')) return wordDockerTls(details, host, doing);
  const { message, summary, action } =
    wordClientCertificate(details, host, doing) ?? wordServerCertificate(details, host, doing);
  return worded(summary, message + wordUnusedFile(details), action);
}

function wordServerCertificate(details: ErrorDetails, host: string, doing: string): WordedError {
  const summary = l10n.t('Certificate not trusted');
  switch (details.reason) {
    case 'expired':
    case 'notYetValid':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} is not valid today: it has expired or is for later.', host),
        'trustCertificate',
      );
    case 'nameMismatch':
    case 'wrongName':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} is for another host name.', host),
        'trustCertificate',
      );
    case 'pinMismatch':
      return worded(
        l10n.t('Certificate changed'),
        doing +
          l10n.t(
            'The certificate of {0} is not the one you chose to trust. If it was renewed, look at the new one and trust it.',
            host,
          ),
        'trustCertificate',
      );
    case 'selfSigned':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} is signed by nobody but itself.', host),
        'trustCertificate',
      );
    case 'revoked':
      return worded(
        summary,
        doing + l10n.t('The certificate of {0} was revoked by the authority that signed it.', host),
        'retry',
      );
    case 'badCertificateFile':
      return worded(
        l10n.t('Certificate file'),
        doing + l10n.t('A certificate file for {0} cannot be used. Check what the connection names.', host),
        'editConnection',
      );
    case 'insecureHttpNotAllowed':
      return worded(
        l10n.t('http is not allowed'),
        l10n.t(
          'The address of {0} is plain http, which anybody on the way can read. Edit the connection to use https, or to allow http.',
          host,
        ),
        'editConnection',
      );
    case 'handshake':
    case 'httpResponseToHttpsClient':
      return worded(
        l10n.t('Not https'),
        doing +
          l10n.t('{0} does not speak https. If it is a plain http registry, connect with http://.', host),
        'editConnection',
      );
    default:
      return details.fingerprint256 || details.reason === 'unknownAuthority'
        ? worded(
            summary,
            doing +
              l10n.t('The certificate of {0} is signed by an authority this machine does not know.', host),
            'trustCertificate',
          )
        : worded(
            l10n.t('No secure connection'),
            doing + l10n.t('No secure connection to {0} could be made ({1}).', host, details.code ?? 'TLS'),
            'retry',
          );
  }
}

/** The engine has certificates of its own: nothing trusted in Berth helps it. */
function wordDockerTls({ reason, output }: ErrorDetails, host: string, doing: string): WordedError {
  const said = lastLine(output) ?? 'TLS';
  switch (reason) {
    case 'httpResponseToHttpsClient':
      return worded(
        l10n.t('Docker wants https'),
        doing +
          l10n.t(
            'Docker speaks https with {0}, which answers http. Add it to "insecure-registries" in the settings of the Docker engine.',
            host,
          ),
        'showLog',
      );
    case 'unknownAuthority':
      return worded(
        l10n.t('Docker does not trust it'),
        doing +
          l10n.t(
            'Docker does not know the authority that signed the certificate. Put it in /etc/docker/certs.d/HOST/ca.crt where the engine runs. Docker said: {0}',
            said,
          ),
        'showLog',
      );
    case 'expired':
      return worded(
        l10n.t('Docker does not trust it'),
        doing + l10n.t('The certificate of {0} is not valid today: it has expired or is for later.', host),
        'showLog',
      );
    case 'wrongName':
      return worded(
        l10n.t('Docker does not trust it'),
        doing + l10n.t('The certificate of {0} is for another host name.', host),
        'showLog',
      );
    default:
      return worded(
        l10n.t('No secure connection'),
        doing + l10n.t('Docker could not make a secure connection: {0}', said),
        'showLog',
      );
  }
}
