/** Several stores as one: the first that knows the registry answers. */
import { isCoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { redact } from '../common/redact.ts';
import type { Credential, CredentialRequest, CredentialStore } from './CredentialStore.ts';

export class ChainedCredentialStore implements CredentialStore {
  readonly #stores: readonly CredentialStore[];
  readonly #logger: Logger;

  constructor(stores: readonly CredentialStore[], logger: Logger) {
    this.#stores = stores;
    this.#logger = logger;
  }

  /**
   * A store that fails does not keep a later one from answering, but its failure is logged, and thrown where no other
   * store knows the registry: "no credentials" would be a guess then.
   */
  async get(request: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    const failures: unknown[] = [];
    for (const store of this.#stores) {
      try {
        const credential = await store.get(request, signal);
        if (credential) return credential;
      } catch (error) {
        if (!isCoreError(error) || error.kind === 'cancelled') throw error;
        this.#logger.warn(`credentials for ${request.key}: ${redact(error.message)}`);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }
}
