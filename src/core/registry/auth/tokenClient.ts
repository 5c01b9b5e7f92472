/** Asks a token endpoint for a bearer token. Source: distribution's "Token Authentication Specification" and its OAuth 2 variant. */
import * as v from 'valibot';
import { CoreError, type ErrorDetails } from '../../common/CoreError.ts';
import type { Credential } from '../../credentials/CredentialStore.ts';
import { tryReadJwtLifetimeSeconds } from './jwtLifetime.ts';

export const MAX_TOKEN_BODY_BYTES = 64 * 1024;
const DEFAULT_LIFETIME_SECONDS = 60;
const CLIENT_ID = 'berth';

const TokenReply = v.pipe(
  v.object({
    token: v.optional(v.nullable(v.string())),
    access_token: v.optional(v.nullable(v.string())),
    expires_in: v.optional(v.nullable(v.number())),
  }),
  v.transform((reply) => ({ token: reply.token || reply.access_token, expiresInSeconds: reply.expires_in })),
);

export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  /** Sorted, without repeats; empty for a token that only proves who one is. */
  readonly scopes: readonly string[];
  /** Undefined: an anonymous token. */
  readonly credential: Exclude<Credential, { kind: 'bearer' }> | undefined;
}

export interface Token {
  readonly token: string;
  readonly lifetimeSeconds: number;
}

/** How the request goes out: one request, no redirects, no retry of its own beyond one lost connection. */
export type TokenFetch = (
  url: URL,
  init: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: Uint8Array },
  signal: AbortSignal,
) => Promise<{ status: number; body: Uint8Array; html: boolean }>;

/**
 * @throws CoreError `unauthorized` (reason `credentialsRefused` or `anonymousRefused`) for 401 and 403, `tokenFailed` for
 * everything that is not a token; both name the realm's host.
 */
export async function fetchToken(
  request: TokenRequest,
  send: TokenFetch,
  signal: AbortSignal,
): Promise<Token> {
  const { credential, realm } = request;
  const details: ErrorDetails = { host: realm.host, operation: 'get a token' };
  let reply: Awaited<ReturnType<TokenFetch>> | undefined;
  if (credential?.kind === 'identityToken') {
    reply = await send(plainUrl(realm), postInit(request, credential.token), signal);
  }
  if (reply === undefined || reply.status === 404 || reply.status === 405) {
    reply = await send(getUrl(request), { method: 'GET', headers: basicHeader(credential) }, signal);
  }
  if (reply.status === 401 || reply.status === 403) {
    const reason = credential === undefined ? 'anonymousRefused' : 'credentialsRefused';
    throw new CoreError('unauthorized', `${realm.host} refused a token`, {
      ...details,
      status: reply.status,
      reason,
    });
  }
  if (reply.status < 200 || reply.status >= 300) {
    const reason = reply.status >= 300 && reply.status < 400 ? 'tokenRedirect' : 'tokenStatus';
    throw new CoreError('tokenFailed', `${realm.host} gave no token`, {
      ...details,
      status: reply.status,
      reason,
    });
  }
  return parseTokenReply(reply.body, { ...details, status: reply.status });
}

/** @throws CoreError `tokenFailed`, reason `badTokenReply`. Nothing of the body is quoted: it may hold a token. */
function parseTokenReply(body: Uint8Array, details: ErrorDetails): Token {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    json = undefined;
  }
  const parsed = v.safeParse(TokenReply, json);
  const token = parsed.success ? parsed.output.token : undefined;
  // A token goes into a header: one that could end the line or is no token at all must not.
  if (!parsed.success || !token || !/^[\x21-\x7E]+$/.test(token)) {
    throw new CoreError('tokenFailed', `${details.host ?? 'the realm'} answered no usable token`, {
      ...details,
      reason: 'badTokenReply',
    });
  }
  // Azure says in the token alone how long it is good for.
  const seconds = parsed.output.expiresInSeconds ?? tryReadJwtLifetimeSeconds(token);
  return { token, lifetimeSeconds: seconds && seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS };
}

/** `Authorization: Basic` for a user name and password, or for an identity token where only GET is understood. */
export function basicHeader(credential: TokenRequest['credential']): Record<string, string> {
  if (credential === undefined) return {};
  const [username, secret] =
    credential.kind === 'basic'
      ? [credential.username, credential.password]
      : [credential.username ?? '<token>', credential.token];
  return { authorization: `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}` };
}

function plainUrl(realm: URL): URL {
  const url = new URL(realm);
  url.hash = '';
  return url;
}

function getUrl({ realm, service, scopes, credential }: TokenRequest): URL {
  const url = plainUrl(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  url.searchParams.set('client_id', CLIENT_ID);
  if (credential?.kind === 'basic') url.searchParams.set('account', credential.username);
  return url;
}

function postInit({ service, scopes }: TokenRequest, refreshToken: string): Parameters<TokenFetch>[1] {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: CLIENT_ID,
    ...(service === undefined ? {} : { service }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  });
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  };
}
