/** Client certificates: a registry wants one or another one, or the files that the connection names cannot be used. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { worded, type WordedError } from './WordedError.ts';

/** Undefined where the reason is about something else. */
export function wordClientCertificate(
  details: ErrorDetails,
  host: string,
  doing: string,
): WordedError | undefined {
  const file = toDisplayLine(details.subject ?? '') || l10n.t('the file');
  const summary = l10n.t('Client certificate');
  const choose = (text: string) => worded(summary, text, 'chooseClientCertificate');
  const edit = (text: string) => worded(l10n.t('Certificate file'), text, 'editConnection');
  switch (details.reason) {
    case 'clientCertificateRequired':
      return worded(
        l10n.t('Client certificate needed'),
        doing + l10n.t('{0} lets in only clients that show a certificate. Choose yours.', host),
        'chooseClientCertificate',
      );
    case 'clientCertificateRefused':
      return worded(
        l10n.t('Client certificate refused'),
        doing +
          l10n.t(
            '{0} does not accept the certificate of this client: it is of another authority, expired or revoked. Choose another one.',
            host,
          ),
        'chooseClientCertificate',
      );
    case 'handshakeRefused':
      return worded(
        l10n.t('Secure connection refused'),
        doing +
          l10n.t(
            '{0} refused the secure connection without saying why. Most often it wants a client certificate: choose yours.',
            host,
          ),
        'chooseClientCertificate',
      );
    case 'clientFileMissing':
      return choose(
        l10n.t('There is no file {0}, which the connection names as its client certificate or key.', file),
      );
    case 'clientFileUnreadable':
      return choose(
        l10n.t(
          '{0} cannot be read ({1}). Change its permissions, or choose another file.',
          file,
          details.code ?? 'I/O',
        ),
      );
    case 'clientFileNotPem':
      return choose(
        l10n.t(
          '{0} is not a certificate or key in PEM form. A file of type p12 or pfx becomes one with: openssl pkcs12 -in FILE -out client.pem',
          file,
        ),
      );
    case 'clientFileRelative':
      return choose(l10n.t('{0} is not a whole path: it begins with / or ~.', file));
    case 'clientKeyMissing':
      return choose(
        l10n.t('{0} holds no private key. Choose the file with the key of the certificate.', file),
      );
    case 'clientCertificateMissing':
      return choose(
        l10n.t('{0} is named as a key, but no certificate goes with it. Choose the certificate.', file),
      );
    case 'clientKeyMismatch':
      return choose(
        l10n.t('{0} is the key of another certificate. Choose the two that belong together.', file),
      );
    case 'clientCertificateExpired':
      return choose(l10n.t('The client certificate {0} has expired. Get a new one and choose it.', file));
    case 'clientKeyEncrypted':
      return worded(
        l10n.t('Passphrase needed'),
        l10n.t(
          'The key {0} is encrypted. Type its passphrase; it is kept in VS Code’s secret storage.',
          file,
        ),
        'enterPassphrase',
      );
    case 'clientKeyPassphrase':
      return worded(
        l10n.t('Wrong passphrase'),
        l10n.t('The passphrase kept for the key {0} does not open it. Type it again.', file),
        'enterPassphrase',
      );
    case 'caFileMissing':
      return edit(
        l10n.t('There is no file {0}, which the connection names as its certificate authority.', file),
      );
    case 'caFileUnreadable':
      return edit(
        l10n.t(
          '{0} cannot be read ({1}). Change its permissions, or name another file.',
          file,
          details.code ?? 'I/O',
        ),
      );
    case 'caFileNotPem':
      return edit(
        l10n.t('{0} holds no certificate in PEM form. Name the file of the certificate authority.', file),
      );
    case 'caFileRelative':
      return edit(l10n.t('{0} is not a whole path: it begins with / or ~.', file));
    default:
      return undefined;
  }
}

/** What stands in certs.d for the host and was left out, '' where nothing was. */
export function wordUnusedFile({ unusedFile }: ErrorDetails): string {
  return unusedFile === undefined
    ? ''
    : ` ${l10n.t('{0} is there for it but cannot be used.', toDisplayLine(unusedFile, 200))}`;
}
