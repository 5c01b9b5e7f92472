/** How long a JSON Web Token is good for, by its own claims and so whatever this machine's clock says. RFC 7519, section 4.1. */
import * as v from 'valibot';

const tokenClaims = v.object({ iat: v.number(), exp: v.number() });

/** Undefined for what is no JWT, or one without an end. Nothing of the token is checked: that is for who issued it. */
export function tryReadJwtLifetimeSeconds(token: string): number | undefined {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const claims = v.safeParse(v.pipe(v.string(), v.parseJson(), tokenClaims), payload);
  return claims.success ? Math.max(0, claims.output.exp - claims.output.iat) : undefined;
}
