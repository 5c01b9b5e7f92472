/** One credential given from above (VS Code's secret storage, a dialog), bound to the registry it was given for. */
import type { Credential, CredentialRequest, CredentialStore } from './CredentialStore.ts';
import { isSameRegistry } from './registryKey.ts';

export class FixedCredentialStore implements CredentialStore {
  readonly #key: string;
  readonly #credential: Credential;

  /** @param key `RegistryEndpoint.credentialKey` of its registry. */
  constructor(key: string, credential: Credential) {
    this.#key = key;
    this.#credential = credential;
  }

  async get({ key }: CredentialRequest): Promise<Credential | undefined> {
    return isSameRegistry(key, this.#key) ? this.#credential : undefined;
  }
}
