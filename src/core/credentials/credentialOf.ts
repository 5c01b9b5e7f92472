/** User name and secret as files and helpers keep them, as a Credential. */
import type { Credential } from './CredentialStore.ts';

/** The user name by which helpers mark an identity token. */
export const TOKEN_USERNAME = '<token>';

/** Undefined where both are empty, as tools leave them after a log-out. */
export function toCredential(username: string, secret: string): Credential | undefined {
  if (secret === '') return undefined;
  if (username === TOKEN_USERNAME) return { kind: 'identityToken', token: secret };
  return { kind: 'basic', username, password: secret };
}
