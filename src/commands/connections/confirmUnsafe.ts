/** What is not safe is done only by an explicit choice, which says what it means. */
import * as vscode from 'vscode';
import { isCoreError } from '../../core/common/CoreError.ts';
import { confirm } from '../../platform/ask.ts';
import { wordError } from '../../platform/wordError.ts';

export function confirmHttp(host: string): Promise<boolean> {
  return confirm(
    vscode.l10n.t('{0} answers only on unencrypted http.', host),
    vscode.l10n.t(
      'Everything you send, your password included, can be read and changed on the way. The choice is kept for this connection only.',
    ),
    vscode.l10n.t('Use http'),
  );
}

/** Whether the machine's configuration forbids the registry to Podman. */
export function isBlocked(error: unknown): boolean {
  return isCoreError(error, 'forbidden') && error.details.reason === 'blockedByConfiguration';
}

/** Asks to talk to a registry that the machine's configuration forbids to Podman. */
export function confirmBlocked(error: unknown): Promise<boolean> {
  return confirm(
    wordError(error).message,
    vscode.l10n.t(
      'Whoever set up this machine does not want this registry to be used. Podman goes on refusing it. The choice is kept for this connection only.',
    ),
    vscode.l10n.t('Connect Anyway'),
  );
}

/** Asks to trust exactly one certificate. */
export function confirmCertificate(error: unknown, fingerprint: string): Promise<boolean> {
  return confirm(
    wordError(error).message,
    vscode.l10n.t(
      'Its SHA-256 fingerprint is\n{0}\n\nCompare it with the one you got from the administrator of the registry. Only this certificate will be trusted, and only for this connection.',
      fingerprint,
    ),
    vscode.l10n.t('Trust This Certificate'),
  );
}
