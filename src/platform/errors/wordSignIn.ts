/** Credentials and permissions that are missing or not accepted. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { wordAws } from './wordAws.ts';
import { wordAzure } from './wordAzure.ts';
import { worded, type WordedError } from './WordedError.ts';

export function wordUnauthorized(
  details: ErrorDetails,
  host: string,
  doing: string,
  answer: string,
): WordedError {
  const azure = wordAzure(details, doing, answer);
  if (azure) return azure;
  switch (details.reason) {
    case 'noApplicationDefaultCredentials':
      return worded(
        l10n.t('No Google credentials'),
        l10n.t(
          'This machine has no application-default credentials of Google Cloud. Run "{0}" in a terminal, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.',
          'gcloud auth application-default login',
        ) + answer,
        'retry',
      );
    case 'googleCredentialsRefused':
      return worded(
        l10n.t('Google credentials have ended'),
        l10n.t(
          'Google Cloud no longer accepts the application-default credentials of this machine. Run "{0}" in a terminal.',
          'gcloud auth application-default login',
        ) + answer,
        'retry',
      );
    case 'googleKeyRefused':
      return worded(
        l10n.t('Google key not accepted'),
        l10n.t(
          'Google Cloud does not accept the service-account key: it is damaged or was deleted, or its account is disabled. Make another on {0}, and sign in with it.',
          GOOGLE_KEY_PAGE,
        ) + answer,
        'signIn',
      );
    case 'noChallenge':
      return worded(
        l10n.t('Sign in'),
        doing +
          l10n.t('{0} refused without saying how to sign in. Sign in, or check the address.', host) +
          answer,
        'signIn',
      );
    case 'unknownChallenge':
      return worded(
        l10n.t('Sign in'),
        doing + l10n.t('{0} asks for a way of signing in that Berth does not know.', host) + answer,
        'editConnection',
      );
    case 'credentialsRefused':
    case 'wrongCredentials':
      return worded(
        l10n.t('Credentials not accepted'),
        doing + l10n.t('{0} does not accept these credentials. Sign in again.', host) + answer,
        'signIn',
      );
    case 'noCredentials':
    case 'anonymousRefused':
      return worded(
        l10n.t('Sign in'),
        doing + l10n.t('{0} does not allow this without an account. Sign in.', host) + answer,
        'signIn',
      );
    case 'accessDenied':
      return worded(
        l10n.t('Access denied'),
        doing +
          l10n.t('{0} denies access: the name is wrong, or the account has no permission for it.', host) +
          answer,
        'signIn',
      );
    default:
      return (
        wordAws(details, answer) ??
        worded(l10n.t('Sign in'), doing + l10n.t('{0} asks for valid credentials.', host) + answer, 'signIn')
      );
  }
}

export function wordForbidden(
  details: ErrorDetails,
  host: string,
  doing: string,
  answer: string,
): WordedError {
  const missing = toDisplayLine(details.missing ?? '') || '?';
  switch (details.reason) {
    case 'missingScope':
      return worded(
        l10n.t('A scope is missing'),
        doing +
          l10n.t(
            'The token has not the scope "{0}". Make one that has it on {1}, and sign in with that.',
            missing,
            details.page ?? host,
          ) +
          answer,
        'signIn',
      );
    case 'packagesHidden':
      return worded(
        l10n.t('Packages are hidden'),
        doing +
          l10n.t(
            'GitHub shows this account no packages of "{0}". An owner can let it see them on https://github.com/orgs/{1}/people, or allow the application under Third-party Access; a repository you may pull can be pinned by name.',
            ...ownerOf(details.subject),
          ) +
          answer,
        'pinRepository',
      );
    case 'ssoRequired':
      return worded(
        l10n.t('Single sign-on is needed'),
        doing +
          l10n.t(
            'The organization wants single sign-on. Authorize the token for it on {0} (Configure SSO), then try again.',
            details.page ?? host,
          ),
        'retry',
      );
    case 'immutableTag':
      return worded(
        l10n.t('Tag is immutable'),
        doing +
          l10n.t(
            'A rule of the project on {0} protects this tag. Whoever manages the project can change its tag immutability rules.',
            host,
          ),
        'retry',
      );
    case 'missingPermission':
      return worded(
        l10n.t('A permission is missing'),
        doing +
          l10n.t(
            'The account has not the permission {0}. Whoever manages access on {1} can grant it.',
            withRole(missing),
            details.page ?? accessPageOf(missing) ?? host,
          ) +
          answer,
        'signIn',
      );
    default:
      return (
        wordAzure(details, doing, answer) ??
        worded(
          l10n.t('No permission'),
          doing +
            l10n.t('The account you are signed in with has no permission for this on {0}.', host) +
            answer,
          'signIn',
        )
      );
  }
}

/** Where keys of service accounts are made. */
export const GOOGLE_KEY_PAGE = 'https://console.cloud.google.com/iam-admin/serviceaccounts';

/** Where a cloud's permissions are granted, told by the permission. */
function accessPageOf(permission: string): string | undefined {
  if (/^(?:artifactregistry|resourcemanager)\./.test(permission)) {
    return 'https://console.cloud.google.com/iam-admin/iam';
  }
  if (/^(?:ecr|ecr-public|sts):/.test(permission)) return 'https://console.aws.amazon.com/iam';
  return permission.startsWith('Microsoft.') ? 'https://portal.azure.com (Access control)' : undefined;
}

/** The smallest role of Google's that has the permission. https://cloud.google.com/iam/docs/roles-permissions/artifactregistry */
const GOOGLE_ROLES: Readonly<Record<string, string>> = {
  'artifactregistry.repositories.list': 'roles/artifactregistry.reader',
  'artifactregistry.repositories.downloadArtifacts': 'roles/artifactregistry.reader',
  'artifactregistry.repositories.uploadArtifacts': 'roles/artifactregistry.writer',
  'artifactregistry.repositories.deleteArtifacts': 'roles/artifactregistry.repoAdmin',
  'resourcemanager.projects.get': 'roles/browser',
};

/** In quotes, with the role that has it where there is one. */
function withRole(permission: string): string {
  const role = GOOGLE_ROLES[permission];
  return role === undefined ? `"${permission}"` : `"${permission}" (${role})`;
}

/** As it is shown, and as it stands in an address. */
function ownerOf(subject: string | undefined): [shown: string, inAddress: string] {
  const shown = toDisplayLine(subject ?? '', 100) || 'OWNER';
  return [shown, /^[\w-]+$/.test(shown) ? shown : 'OWNER'];
}

/** A helper program, or a file of Docker's or Podman's, that should know the credentials. */
export function wordCredentialHelper({ reason, subject }: ErrorDetails): WordedError {
  const program = toDisplayLine(subject ?? l10n.t('of Docker'));
  switch (reason) {
    case 'helperMissing':
    case 'notExecutable':
    case 'badName':
      return worded(
        l10n.t('Credential helper not found'),
        l10n.t(
          'The credential helper {0} that Docker is set to use cannot be started. Install it, or sign in here instead.',
          program,
        ),
        'signIn',
      );
    case 'timeout':
      return worded(
        l10n.t('Credential helper too slow'),
        l10n.t(
          'The credential helper {0} gave no answer in time. Perhaps it waits for you to unlock it.',
          program,
        ),
        'retry',
      );
    default:
      return worded(
        l10n.t('Credential helper failed'),
        l10n.t(
          'The credential helper {0} failed or gave no usable answer. Run it in a terminal to see why, or sign in here instead.',
          program,
        ),
        'signIn',
      );
  }
}
