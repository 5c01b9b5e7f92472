/**
 * A credential that a store makes itself, of tokens that end: made once however many want it, and anew a little before
 * it ends. While that fails, the old one serves as long as it is good, so that a network that is gone for a moment
 * costs nobody the tree.
 */
import { isCoreError } from '../../common/CoreError.ts';
import type { Credential } from '../../credentials/CredentialStore.ts';
import { SingleFlight } from '../../registry/auth/singleFlight.ts';

export interface MadeCredential {
  readonly credential: Credential;
  /** From then on it is made anew. */
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/** How long nobody tries again after it could not be made anew. */
const RETRY_AFTER_MS = 15_000;

export class KeptCredential {
  readonly #make: (signal: AbortSignal) => Promise<MadeCredential | undefined>;
  readonly #flight = new SingleFlight<Credential | undefined>();
  #kept: MadeCredential | undefined;

  /** @param make undefined: there is none to be had. */
  constructor(make: (signal: AbortSignal) => Promise<MadeCredential | undefined>) {
    this.#make = make;
  }

  /** @param refused what this gave before and is no longer accepted. @throws CoreError as `make` does. */
  async get(refused: Credential | undefined, signal: AbortSignal): Promise<Credential | undefined> {
    const kept = this.#kept;
    if (kept && kept.credential !== refused && kept.renewAtMs > Date.now()) return kept.credential;
    return this.#flight.run('', signal, (shared) => this.#renew(refused, shared));
  }

  async #renew(refused: Credential | undefined, signal: AbortSignal): Promise<Credential | undefined> {
    const old = this.#kept;
    try {
      return this.#keep(await this.#make(signal));
    } catch (error) {
      const isGood = old !== undefined && old.credential !== refused && old.endsAtMs > Date.now();
      if (!isGood || !isCoreError(error) || error.kind === 'cancelled') throw error;
      return this.#keep({ ...old, renewAtMs: Math.min(old.endsAtMs, Date.now() + RETRY_AFTER_MS) });
    }
  }

  #keep(made: MadeCredential | undefined): Credential | undefined {
    this.#kept = made && {
      ...made,
      credential: { ...made.credential, renewAt: new Date(made.renewAtMs) },
    };
    return this.#kept?.credential;
  }
}
