/** Asks about what the transport refuses unless a person allows it, naming both hosts. */
import { l10n } from 'vscode';
import type { TransportQuestion } from '../core/registry/transport/Transport.ts';
import { confirm } from './ask.ts';

export function confirmTransportQuestion({ kind, host, otherHost }: TransportQuestion): Promise<boolean> {
  switch (kind) {
    case 'realmOnOtherHost':
      return confirm(
        l10n.t('Send your credentials for {0} to {1}?', host, otherHost),
        l10n.t(
          '{0} says that {1} signs people in for it. Agree only if you know that this is so.',
          host,
          otherHost,
        ),
        l10n.t('Send'),
      );
    case 'redirectToPrivateAddress':
      return confirm(
        l10n.t('Follow {0} to {1}?', host, otherHost),
        l10n.t(
          '{0} redirects to {1}, an address inside your own network. No credentials are sent there.',
          host,
          otherHost,
        ),
        l10n.t('Follow'),
      );
  }
}
