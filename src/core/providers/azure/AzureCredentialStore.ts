/**
 * Signs in to one Azure Container Registry with a Microsoft account: its Entra token becomes a refresh token of the
 * registry, good for three hours, by which the registry's tokens are asked for. Renewed before it ends, asked for once
 * however many want it. Source: https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 */
import * as v from 'valibot';
import { CoreError } from '../../common/CoreError.ts';
import type { Credential, CredentialRequest, CredentialStore } from '../../credentials/CredentialStore.ts';
import { tryReadJwtLifetimeSeconds } from '../../registry/auth/jwtLifetime.ts';
import { MAX_TOKEN_BODY_BYTES } from '../../registry/auth/tokenClient.ts';
import { parseErrorBody } from '../../registry/transport/responseError.ts';
import type { Transport } from '../../registry/transport/Transport.ts';
import { KeptCredential, type MadeCredential } from '../api/KeptCredential.ts';
import { ACR_TOKEN_USER } from './acrAddress.ts';

export interface AzureCredentialStoreOptions {
  /** Root of the registry's API. An Entra token opens more than a registry: the caller answers for the host. */
  readonly registryUrl: string;
  /** Entra tokens of the person, one an audience, the one to try first coming first; undefined: not signed in. */
  readonly entraTokens: readonly (() => Promise<string | undefined>)[];
  /** Closed when the token is there. */
  readonly openTransport: (origin: string) => Transport;
}

const RENEW_EARLY_MS = 5 * 60_000;
const DEFAULT_LIFETIME_SECONDS = 3 * 60 * 60;

const REFUSALS: readonly number[] = [400, 401, 403];
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

const exchangeReply = v.object({ refresh_token: v.pipe(v.string(), v.regex(/^[\x21-\x7E]+$/)) });

export class AzureCredentialStore implements CredentialStore {
  readonly #options: AzureCredentialStoreOptions;
  readonly #host: string;
  readonly #token = new KeptCredential((signal) => this.#signIn(signal));

  constructor(options: AzureCredentialStoreOptions) {
    this.#options = options;
    this.#host = new URL(options.registryUrl).host;
  }

  /**
   * Undefined for any other host, and where nobody is signed in.
   * @throws CoreError `unauthorized` with reason `azureAccountRefused`, `tokenFailed`, or as the transport does.
   */
  async get({ key, refused }: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    if (key !== this.#host) return undefined;
    return this.#token.get(refused, signal);
  }

  async #signIn(signal: AbortSignal): Promise<MadeCredential | undefined> {
    const transport = this.#options.openTransport(new URL(this.#options.registryUrl).origin);
    try {
      let refusal: CoreError | undefined;
      for (const readToken of this.#options.entraTokens) {
        const entraToken = await readToken();
        if (entraToken === undefined) continue;
        const answer = await this.#exchange(transport, entraToken, signal);
        if (!(answer instanceof CoreError)) return answer;
        refusal ??= answer;
      }
      if (refusal) throw refusal;
      return undefined;
    } finally {
      await transport.dispose();
    }
  }

  /** A refresh token, or why this Entra token gets none. */
  async #exchange(
    transport: Transport,
    entraToken: string,
    signal: AbortSignal,
  ): Promise<MadeCredential | CoreError> {
    const form = new URLSearchParams({
      grant_type: 'access_token',
      service: this.#host,
      access_token: entraToken,
    });
    const details = { host: this.#host, operation: 'get a token' };
    const response = await transport.request({
      method: 'POST',
      path: '/oauth2/exchange',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new TextEncoder().encode(form.toString()),
      operation: details.operation,
      scopes: [],
      idempotent: true,
      // Not followed: the token in the body is for this host alone.
      accept: [...REFUSALS, ...REDIRECTS],
      signal,
    });
    const body = await response.bytes(MAX_TOKEN_BODY_BYTES);
    if (REFUSALS.includes(response.status)) {
      return new CoreError('unauthorized', 'the registry refuses the Microsoft account', {
        ...details,
        ...parseErrorBody(body),
        status: response.status,
        reason: 'azureAccountRefused',
      });
    }
    const reply = v.safeParse(
      v.pipe(v.string(), v.parseJson(), exchangeReply),
      new TextDecoder().decode(body),
    );
    if (!reply.success) {
      throw new CoreError('tokenFailed', 'the registry sent no usable token', {
        ...details,
        status: response.status,
        reason: REDIRECTS.includes(response.status) ? 'tokenRedirect' : 'badTokenReply',
      });
    }
    const token = reply.output.refresh_token;
    const lifetimeMs = (tryReadJwtLifetimeSeconds(token) ?? DEFAULT_LIFETIME_SECONDS) * 1000;
    const endsAtMs = Date.now() + lifetimeMs;
    const credential = { kind: 'identityToken', token, username: ACR_TOKEN_USER } as const;
    return { credential, renewAtMs: endsAtMs - Math.min(RENEW_EARLY_MS, lifetimeMs / 10), endsAtMs };
  }
}
