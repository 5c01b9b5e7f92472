/** AWS credentials that are missing, have ended or are not accepted; each with the profile and the command that helps. */
import { l10n } from 'vscode';
import type { ErrorDetails } from '../../core/common/CoreError.ts';
import { toDisplayLine } from '../../core/common/displayText.ts';
import { worded, type WordedError } from './WordedError.ts';

/** Undefined where it is not about AWS. */
export function wordAws({ reason, missing }: ErrorDetails, answer: string): WordedError | undefined {
  const profile = toDisplayLine(missing ?? '') || 'default';
  switch (reason) {
    case 'profileMissing':
      return worded(
        l10n.t('No such AWS profile'),
        l10n.t(
          'There is no AWS profile "{0}" in ~/.aws/config or ~/.aws/credentials. Choose another, or make it with "{1}".',
          profile,
          awsCommand('configure', profile),
        ),
        'signIn',
      );
    case 'ssoExpired':
      return worded(
        l10n.t('AWS sign-in has ended'),
        l10n.t(
          'The single sign-on of the AWS profile "{0}" has ended. Run "{1}" in a terminal, then try again.',
          profile,
          awsCommand('sso login', profile),
        ),
        'retry',
      );
    case 'noAwsCredentials':
      return worded(
        l10n.t('No AWS credentials'),
        l10n.t(
          'No AWS credentials were found for the profile "{0}". Run "{1}" in a terminal, or choose another profile.',
          profile,
          awsCommand('configure', profile),
        ) + answer,
        'signIn',
      );
    case 'awsCredentialsRefused':
      return worded(
        l10n.t('AWS refuses the credentials'),
        l10n.t(
          'AWS does not accept the credentials of the profile "{0}". Renew them, or choose another profile.',
          profile,
        ) + answer,
        'signIn',
      );
    default:
      return undefined;
  }
}

/** As it is typed in a terminal. */
function awsCommand(command: string, profile: string): string {
  return `aws ${command} --profile ${/^[\w.-]+$/.test(profile) ? profile : `'${profile}'`}`;
}
