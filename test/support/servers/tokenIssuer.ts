/**
 * Gives the tokens that no token server gives on purpose: to anonymous callers, for pulling only, and such as have
 * already ended. Real ones all the same, signed, for a registry that checks them. Source: Distribution's
 * docs/content/spec/auth/jwt.md.
 */
import { randomUUID, sign } from 'node:crypto';
import { json } from '../faultServer/behaviours.ts';
import { FaultServer } from '../faultServer/FaultServer.ts';
import type { TokenKey } from './tokenKey.ts';
import { TOKEN_ISSUER } from './tokenServer.ts';

/** Beyond the minute that registries allow clocks to differ by. */
const LONG_ENDED_MS = -600_000;

export interface TokenIssuer extends AsyncDisposable {
  readonly server: FaultServer;
  /** The next token is given as if it lived, but has ended. */
  endNext(): void;
}

/** @param account `user:password` that may do everything; everybody else may pull. */
export async function startTokenIssuer(key: TokenKey, account: string): Promise<TokenIssuer> {
  const server = await FaultServer.start();
  let endsNext = false;
  server.on('GET /token', (exchange) => {
    const { headers, url } = exchange.request;
    const isAccount = headers.authorization === `Basic ${Buffer.from(account).toString('base64')}`;
    const { searchParams: query } = new URL(url, server.origin);
    const access = query
      .getAll('scope')
      .flatMap((scope) => scope.split(' '))
      .map((scope) => /^([^:]+):(.+):([^:]*)$/.exec(scope))
      .flatMap((match) => (match ? [{ type: match[1], name: match[2], actions: match[3]!.split(',') }] : []))
      .map((each) => ({ ...each, actions: each.actions.filter((action) => isAccount || action === 'pull') }));
    const lifetimeMs = endsNext ? LONG_ENDED_MS : 300_000;
    endsNext = false;
    const seconds = (fromNowMs: number): number => Math.floor((Date.now() + fromNowMs) / 1000);
    const token = encode(key, {
      iss: TOKEN_ISSUER,
      sub: isAccount ? account.split(':')[0] : '',
      aud: query.get('service'),
      exp: seconds(lifetimeMs),
      nbf: seconds(2 * LONG_ENDED_MS),
      iat: seconds(2 * LONG_ENDED_MS),
      jti: randomUUID(),
      access,
    });
    return json({ token, expires_in: 300 })(exchange);
  });
  return {
    server,
    endNext: () => void (endsNext = true),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function encode({ privateKey, keyId }: TokenKey, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ typ: 'JWT', alg: 'ES256', kid: keyId })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}
