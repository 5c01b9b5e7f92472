/**
 * Signs in to Docker Hub's own API with the account the registry knows: user name and password or access token make a
 * token of ten minutes. Source: https://docs.docker.com/reference/api/hub/latest/#tag/authentication-api
 */
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import { toDisplayLine } from '../../common/displayText.ts';
import type { Credential, CredentialStore } from '../../credentials/CredentialStore.ts';
import { tryReadJwtLifetimeSeconds } from '../../registry/auth/jwtLifetime.ts';
import { SingleFlight } from '../../registry/auth/singleFlight.ts';
import type { ApiAuthorization, ProviderApi } from './ProviderApi.ts';

type Account = Extract<Credential, { kind: 'basic' }>;

const text = v.nullish(v.string(), '');
/** `AuthCreateTokenResponse`, or the error of a 401. */
const tokenReply = v.object({ access_token: text, detail: text, message: text });

const DEFAULT_LIFETIME_SECONDS = 600;
/** Renewed this long before it ends, so that no request is on its way with one that has. */
const RENEWAL_MARGIN_MS = 60_000;

export class DockerHubSignIn {
  readonly #api: ProviderApi;
  readonly #credentials: CredentialStore;
  readonly #key: string;
  readonly #flights = new SingleFlight<string>();
  #account: Account | undefined;
  #token: { readonly value: string; readonly renewAtMs: number } | undefined;
  /** What Docker Hub said to this account: a wrong password is not tried again and again. */
  #refusal: CoreError | undefined;

  /**
   * @param api of hub.docker.com, without authorization.
   * @param key under which the registry's credential is kept.
   */
  constructor(api: ProviderApi, credentials: CredentialStore, key: string) {
    this.#api = api;
    this.#credentials = credentials;
    this.#key = key;
  }

  /** Who was signed in when last looked. */
  get username(): string | undefined {
    return this.#account?.username;
  }

  /** Looks up the account anew: a `docker login` in a terminal counts at once. Undefined: anonymous. */
  async findAccount(signal: AbortSignal): Promise<string | undefined> {
    const credential = await this.#credentials.get({ key: this.#key }, signal);
    // Identity and registry tokens are for auth.docker.io only.
    const account = credential?.kind === 'basic' ? credential : undefined;
    if (account?.username !== this.#account?.username || account?.password !== this.#account?.password) {
      this.#token = undefined;
      this.#refusal = undefined;
    }
    this.#account = account;
    return account?.username;
  }

  readonly authorize: ApiAuthorization = async ({ refused }, signal) => {
    await this.findAccount(signal);
    const account = this.#account;
    if (!account) return undefined;
    if (this.#refusal) throw this.#refusal;
    if (!refused && this.#token && this.#token.renewAtMs > Date.now()) return `Bearer ${this.#token.value}`;
    const token = await this.#flights.run(account.username, signal, (shared) =>
      this.#signIn(account, shared),
    );
    return `Bearer ${token}`;
  };

  async #signIn({ username, password }: Account, signal: AbortSignal): Promise<string> {
    const request = { path: '/v2/auth/token', operation: 'get a token', subject: username, signal };
    const { value, status } = await this.#api.post(
      tokenReply,
      { ...request, accept: [401], idempotent: true },
      { identifier: username, secret: password },
    );
    if (status === 401 || value.access_token === '') {
      throw (this.#refusal = new CoreError('unauthorized', 'Docker Hub refused the sign-in', {
        host: 'hub.docker.com',
        operation: request.operation,
        subject: username,
        status,
        reason: 'credentialsRefused',
        registryMessage: toDisplayLine(value.detail || value.message, 500),
      }));
    }
    const token = value.access_token;
    const lifetimeMs = (tryReadJwtLifetimeSeconds(token) ?? DEFAULT_LIFETIME_SECONDS) * 1000;
    this.#token = { value: token, renewAtMs: Date.now() + lifetimeMs - RENEWAL_MARGIN_MS };
    return token;
  }
}
