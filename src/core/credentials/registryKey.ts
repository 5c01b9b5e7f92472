/** Keys of credential files name registries in many spellings; here they become comparable. */

/** What `docker login` calls Docker Hub. */
export const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  'index.docker.io',
  'registry-1.docker.io',
]);

export interface RegistryKey {
  /** `host` or `host:port` exactly, in lower case; `docker.io` for every spelling of Docker Hub. */
  readonly registry: string;
  /** Podman: the namespace or repository the key is limited to, '' for the whole registry. */
  readonly path: string;
}

/** Reads `host`, `https://host`, `https://host/v1/`, `host/namespace/repository`. `host` and `host:443` stay different. */
export function parseRegistryKey(key: string): RegistryKey {
  const [authority = '', ...segments] = key
    .trim()
    .replace(/^https?:\/\//i, '')
    .split('/');
  const host = authority.toLowerCase();
  const path = segments.filter((segment) => segment !== '').join('/');
  return {
    registry: DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB : host,
    path: path === 'v1' || path === 'v2' ? '' : path,
  };
}

export function isSameRegistry(a: string, b: string): boolean {
  return parseRegistryKey(a).registry === parseRegistryKey(b).registry;
}

/** How Docker names a registry in its configuration and to its helpers. */
export function dockerKey({ registry }: RegistryKey): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_KEY : registry;
}
