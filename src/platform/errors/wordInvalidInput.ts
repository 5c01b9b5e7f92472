/** What was typed and cannot be used. */
import { l10n } from 'vscode';
import type { CoreError } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { GOOGLE_KEY_PAGE } from './wordSignIn.ts';

/** Sentences for the reasons a reference, tag or address was refused where it was typed. */
export function wordInvalidInput(error: CoreError): string {
  const subject = toDisplayLine(error.details.subject ?? '');
  const { line } = error.details;
  switch (error.details.reason) {
    case 'emptyReference':
    case 'empty':
      return l10n.t('Type a value.');
    case 'emptyRepository':
      return l10n.t('Type the name of a repository.');
    case 'emptyTag':
      return l10n.t('Type a tag after the ":".');
    case 'hasScheme':
      return l10n.t('A reference has no https:// or http:// before it.');
    case 'imageId':
      return l10n.t('This is the ID of an image, not a name.');
    case 'imageUri':
      return l10n.t('This is not the address of a file in an image.');
    case 'noFile':
      return l10n.t('{0} is not a file.', subject);
    case 'noFolder':
      return l10n.t('{0} is not a folder.', subject);
    case 'noBaseImage':
      return l10n.t(
        '{0} begins with no image that is known before it is built: its stages are FROM scratch, or from arguments without a default.',
        subject,
      );
    case 'badPlatform':
      return l10n.t('A platform looks like linux/amd64 or linux/arm/v7.');
    case 'compressedArchive':
      return l10n.t('{0} is compressed. Unpack it to a tar archive first.', subject || l10n.t('The file'));
    case 'notALayout':
      return l10n.t('{0} is neither an OCI image layout nor an archive of docker save.', subject);
    case 'promotion':
      return l10n.t(
        'The setting "berth.promotions" is not valid at {0}. A path has a name and at least two stages, each with a name and a repository.',
        subject || '…',
      );
    case 'digestAsTag':
      return l10n.t('An image cannot be given a digest: type a tag.');
    case 'buildArgument':
      return l10n.t(
        '"{0}" is not a build argument: write NAME=value, with quotes around a value that has spaces.',
        subject || '…',
      );
    case 'notPem':
      return l10n.t(
        'This file holds no public key. Choose the PEM file of the signer, for example cosign.pub, which begins with "-----BEGIN PUBLIC KEY-----".',
      );
    case 'privateKey':
      return l10n.t(
        'This file holds a private key, which verifies nothing and belongs to the signer alone. Choose the public key, for example cosign.pub.',
      );
    case 'certificate':
      return l10n.t(
        'This file holds a certificate. Berth verifies with public keys: export the key of the certificate and choose that.',
      );
    case 'unsupportedKey':
      return l10n.t(
        'Berth cannot verify with a key of the kind {0}: it knows ECDSA (P-256, P-384, P-521), Ed25519 and RSA from 2048 bits.',
        subject || '?',
      );
    case 'keyFileMissing':
      return l10n.t('The key file {0} cannot be read. Choose another one.', subject || '?');
    case 'badKey':
      return l10n.t('The public key in this file is damaged. Ask the signer for it again.');
    case 'folderMissing':
      return subject ? l10n.t('There is no folder {0}.', subject) : l10n.t('There is no such folder.');
    case 'leadingDash':
      return l10n.t('This may not begin with "-".');
    case 'controlCharacter':
      return l10n.t('Line breaks are not allowed.');
    case 'programPath':
      return l10n.t('The Docker program must be a name or an absolute path: {0}.', subject || 'docker');
    case 'uppercaseRepository':
      return l10n.t('Repository names are lower case.');
    case 'badRepository':
      return l10n.t(
        'A repository name has lower-case letters and digits, separated by ".", "_", "__", "-" or "/".',
      );
    case 'badTag':
      return l10n.t(
        'A tag starts with a letter, digit or "_" and has at most 128 letters, digits, "_", "." and "-".',
      );
    case 'badDigest':
    case 'digest':
      return l10n.t('A digest looks like sha256: and 64 hexadecimal digits.');
    case 'badHost':
      return l10n.t('The host name is not valid.');
    case 'tooLong':
      return l10n.t('This is too long.');
    case 'forbiddenCharacter':
      return l10n.t('Spaces, control characters and a leading "-" are not allowed.');
    case 'scheme':
      return l10n.t('An address begins with https:// or http://, or has no scheme.');
    case 'query':
      return l10n.t('An address has no "?" and no "#".');
    case 'host':
      return l10n.t('The host name or port is not valid.');
    case 'path':
      return l10n.t('The path is not valid.');
    case 'imageReference':
      return l10n.t('This is an image, not a registry: leave out the tag or digest.');
    case 'uppercaseNamespace':
      return l10n.t('Namespaces are lower case.');
    case 'userInfo':
      return l10n.t('Leave user name and password out of the address; they are asked for next.');
    case 'tagPattern':
      return l10n.t(
        '"{0}" is no pattern of tags: write nightly-*, or /a regular expression/ without look-around and back references.',
        subject || '…',
      );
    case 'versionRange':
      return l10n.t('"{0}" is no range of versions: write <2.0.0, 1.x or >=1.2.0 <1.5.0.', subject || '…');
    case 'cleanUpRules':
      return l10n.t('Clean-up rules in the settings are not understood (at "{0}").', subject || '…');
    case 'reference':
      return l10n.t('Docker does not accept this as the name of an image.');
    case 'argumentsTooLong':
      return l10n.t('This is more than a command line can hold.');
    case 'googleKeyFile':
      return l10n.t(
        '{0} is not the key of a service account. Make one on {1} (Keys > Add key, JSON).',
        subject || l10n.t('The file'),
        GOOGLE_KEY_PAGE,
      );
    case 'credentialFileBroken':
      if (line !== undefined && subject) {
        return l10n.t('The credentials in {0} cannot be read: line {1} is not valid.', subject, line);
      }
      return l10n.t(
        'The credentials in {0} cannot be read: the file is damaged.',
        subject || l10n.t('a file of Docker or Podman'),
      );
    case 'configFileBroken':
      if (!subject) return l10n.t('A configuration file of Docker or Podman cannot be read: it is damaged.');
      return line === undefined
        ? l10n.t('{0} cannot be used: an entry in it is not what it should be.', subject)
        : l10n.t('{0} cannot be read: line {1} is not valid.', subject, line);
    default:
      return toDisplayLine(error.message);
  }
}
