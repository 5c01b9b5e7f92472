/**
 * The sign-in of Google Cloud on this machine, for Google's registries: application-default credentials, which are a
 * person's (`gcloud auth application-default login`), a key file's (GOOGLE_APPLICATION_CREDENTIALS) or the machine's.
 * Or that of one service account, by its key.
 * Source: https://cloud.google.com/artifact-registry/docs/docker/authentication
 */
import { GoogleAuth, JWT, type JWTOptions } from 'google-auth-library';
import { CoreError } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import { redact } from '../../common/redact.ts';
import type { Credential, CredentialRequest, CredentialStore } from '../../credentials/CredentialStore.ts';
import { toNetworkError } from '../../registry/transport/networkError.ts';
import { KeptCredential, type MadeCredential } from '../api/KeptCredential.ts';
import { GOOGLE_TOKEN_USER, isGoogleHost } from './googleHosts.ts';
import type { ServiceAccountKey } from './serviceAccountKey.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const REQUEST_TIMEOUT_MS = 10_000;
/** Renewed this long before it ends, so that no request is on its way with one that has. */
const RENEWAL_MARGIN_MS = 60_000;
/** Where the reply does not say how long a token is good for. */
const DEFAULT_LIFETIME_MS = 10 * 60_000;

type Fetch = typeof globalThis.fetch;

export class GoogleCredentialStore implements CredentialStore {
  readonly #fetch: Fetch;
  readonly #key: ServiceAccountKey | undefined;
  readonly #token = new KeptCredential((signal) => this.#signIn(signal));

  /**
   * @param fetch how Google's token servers are reached; in VS Code the global one has its proxy and certificates.
   * @param key of a service account, instead of what the machine has.
   */
  constructor(fetch: Fetch = globalThis.fetch, key?: ServiceAccountKey) {
    this.#fetch = fetch;
    this.#key = key;
  }

  /**
   * Undefined for hosts that are not Google's: the token opens more than a registry.
   * @throws CoreError `unauthorized` with reason `noApplicationDefaultCredentials` or `googleCredentialsRefused`; of a
   * key `googleKeyRefused`.
   */
  async get({ key, refused }: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    if (!isGoogleHost(key)) return undefined;
    return this.#token.get(refused, signal);
  }

  /** Reads the files anew: a sign-in in a terminal counts the next time. */
  async #signIn(signal: AbortSignal): Promise<MadeCredential> {
    let networkFailure: unknown;
    const fetchImplementation: Fetch = async (input, init) => {
      try {
        const deadline = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
        const reply = await this.#fetch(input, { ...init, signal: AbortSignal.any([signal, deadline]) });
        networkFailure = undefined;
        return reply;
      } catch (error) {
        networkFailure = error;
        throw error;
      }
    };
    try {
      const client = await this.#createClient({ transporterOptions: { fetchImplementation } });
      const { token } = await client.getAccessToken();
      if (!token) throw new Error('the reply holds no token');
      const endsAtMs = client.credentials.expiry_date ?? Date.now() + DEFAULT_LIFETIME_MS;
      const credential = { kind: 'basic', username: GOOGLE_TOKEN_USER, password: token } as const;
      return { credential, renewAtMs: endsAtMs - RENEWAL_MARGIN_MS, endsAtMs };
    } catch (error) {
      throw toCoreError(error, networkFailure, this.#key !== undefined);
    }
  }

  async #createClient(clientOptions: Pick<JWTOptions, 'transporterOptions'>) {
    if (this.#key) {
      const { client_email: email, private_key: key } = this.#key;
      return new JWT({ ...clientOptions, email, key, scopes: SCOPE });
    }
    return new GoogleAuth({
      scopes: SCOPE,
      // Any will do: to find the right one the library would start gcloud in a shell.
      projectId: 'unknown',
      clientOptions,
    }).getClient();
  }
}

function toCoreError(error: unknown, networkFailure: unknown, isKey: boolean): CoreError {
  const details = { operation: 'get a token', host: 'oauth2.googleapis.com' };
  if (networkFailure !== undefined) return toNetworkError(causeOf(networkFailure), details);
  const isAnswer = error instanceof Error && 'response' in error && error.response !== undefined;
  const ofMachine = isAnswer ? 'googleCredentialsRefused' : 'noApplicationDefaultCredentials';
  const reason = isKey ? 'googleKeyRefused' : ofMachine;
  const text = error instanceof Error ? error.message : String(error);
  return new CoreError(
    'unauthorized',
    `no Google credentials: ${reason}`,
    { ...details, reason, registryMessage: toDisplayLine(redact(text), 500) },
    // Not as cause: the library's errors carry the request with its assertion or refresh token.
  );
}

/** `fetch` hides the network's error in its own. */
function causeOf(error: unknown): unknown {
  return error instanceof TypeError && error.cause !== undefined ? error.cause : error;
}
