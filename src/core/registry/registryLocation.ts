/** Where a registry's own pointers (`Link`, `Location`) lead, seen from the connection that received them. */
import type { RegistryEndpoint } from './RegistryEndpoint.ts';

/**
 * Resolves `location` (relative or absolute) against the request at `requestPath` (below the API root).
 *
 * Registries behind a proxy often name themselves by the scheme or the path they see. On the same host the
 * connection's own scheme is kept, so a `http:` pointer is no downgrade, and a missing API prefix is put back.
 *
 * @returns for Transport: a path below the API root (`/v2/…?…`) where it can be said so, else an absolute URL (another
 *   host, or a place outside the API), encoded as received. Undefined for what is no http(s) URL.
 */
export function resolveLocation(
  endpoint: RegistryEndpoint,
  requestPath: string,
  location: string,
): string | undefined {
  const origin = `${endpoint.scheme}://${endpoint.host}`;
  const prefix = endpoint.apiPrefix === '' ? '' : `/${endpoint.apiPrefix}`;
  const base = new URL(`${origin}${prefix}${requestPath}`);
  const url = URL.parse(location, base.href);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (!isSameHost(url, base)) return url.href;

  const path = url.pathname + url.search;
  if (prefix !== '' && path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  return path.startsWith('/v2/') || prefix === '' ? path : origin + path;
}

function isSameHost(url: URL, base: URL): boolean {
  return url.hostname === base.hostname && (url.port === base.port || portOf(url) === portOf(base));
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}
