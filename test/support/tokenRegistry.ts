/**
 * A token-protected front for a real registry that has no authentication itself. Source: Distribution's
 * spec/auth/token.md: Bearer challenge with realm, service and scope; GET on the realm, Basic credentials optional.
 */
import { challenge, json } from './faultServer/behaviours.ts';
import { FaultServer } from './faultServer/FaultServer.ts';
import type { Behaviour, RecordedRequest } from './faultServer/FaultServer.ts';
import { forward } from './forward.ts';

export interface TokenRegistryOptions {
  readonly upstream: string;
  /** Who may have tokens; undefined: anybody, anonymously. */
  readonly account?: { readonly username: string; readonly password: string };
}

export interface TokenRegistry extends AsyncDisposable {
  /** Everything asked of the registry and of the token endpoint. */
  readonly server: FaultServer;
  tokenRequests(): RecordedRequest[];
}

const SERVICE = 'berth-test';

export async function startTokenRegistry(options: TokenRegistryOptions): Promise<TokenRegistry> {
  const server = await FaultServer.start();
  const pass = forward(options.upstream);
  const granted = new Map<string, ReadonlySet<string>>();

  const giveToken: Behaviour = (exchange) => {
    const { url, headers } = exchange.request;
    const { account } = options;
    const basic = account && Buffer.from(`${account.username}:${account.password}`).toString('base64');
    if (basic !== undefined && headers.authorization !== `Basic ${basic}`) {
      return json({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong account' }] }, 401)(exchange);
    }
    const query = new URL(url, server.origin).searchParams;
    if (query.get('service') !== SERVICE) return json({ errors: [{ code: 'DENIED' }] }, 400)(exchange);
    const token = `token-${granted.size + 1}`;
    // Repeated as the specification has it, or in one parameter as OAuth has it: servers take both.
    const scopes = query.getAll('scope').flatMap((scope) => scope.split(' '));
    granted.set(token, new Set(scopes.flatMap(actionsOf)));
    return json({ token, expires_in: 300 })(exchange);
  };

  server.on('/v2/*', (exchange) => {
    const { method, url, headers } = exchange.request;
    const scope = scopeFor(method, url.split('?')[0]!);
    const allowed = granted.get(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '');
    const isAllowed = allowed !== undefined && actionsOf(scope).every((action) => allowed.has(action));
    if (isAllowed) return pass(exchange);
    const scopeParameter = scope === '' ? '' : `,scope="${scope}"`;
    return challenge(`Bearer realm="${server.origin}/token",service="${SERVICE}"${scopeParameter}`)(exchange);
  });
  server.on('GET /token', giveToken);
  return {
    server,
    tokenRequests: () => server.requestsFor('/token'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What Distribution's token authentication wants for a request; '' for `/v2/`. */
function scopeFor(method: string, path: string): string {
  if (path === '/v2/_catalog') return 'registry:catalog:*';
  const name = /^\/v2\/(.+)\/(?:tags|manifests|blobs|referrers)\//.exec(path)?.[1];
  if (name === undefined) return '';
  if (method === 'GET' || method === 'HEAD') return `repository:${name}:pull`;
  return `repository:${name}:${method === 'DELETE' ? 'delete' : 'pull,push'}`;
}

/** `repository:app:pull,push` as one entry an action. */
function actionsOf(scope: string): string[] {
  const colon = scope.lastIndexOf(':');
  return scope === ''
    ? []
    : scope
        .slice(colon + 1)
        .split(',')
        .map((action) => scope.slice(0, colon + 1) + action);
}
