/** For APIs beside the registry's that take the same sign-in, as it is: Basic or a token alone, and nothing for nobody. */
import type { CredentialStore } from '../../credentials/CredentialStore.ts';
import type { ApiAuthorization } from './ProviderApi.ts';

/** @param credentialKey of the registry's endpoint. */
export function registrySignIn(credentials: CredentialStore, credentialKey: string): ApiAuthorization {
  return async (_request, signal) => {
    const credential = await credentials.get({ key: credentialKey }, signal);
    switch (credential?.kind) {
      case 'basic': {
        const { username, password } = credential;
        return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      }
      case 'bearer':
        return `Bearer ${credential.token}`;
      default:
        return undefined;
    }
  };
}
