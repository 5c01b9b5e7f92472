/** Repository names of a connection and what the registry calls them: the namespace prefix, Docker Hub's `library/`. */
import { parseRepositoryName } from '../oci/reference.ts';
import type { RegistryEndpoint } from './RegistryEndpoint.ts';

/** Host of Docker Hub's registry API. */
export const DOCKER_HUB_API_HOST = 'registry-1.docker.io';

/**
 * The name within the registry, fit for `/v2/<name>/`.
 * @throws CoreError `invalidInput` for what is no repository name.
 */
export function fullRepositoryName(endpoint: RegistryEndpoint, repository: string): string {
  const { host, namespacePrefix } = endpoint;
  const name = parseRepositoryName(namespacePrefix === '' ? repository : `${namespacePrefix}/${repository}`);
  return host === DOCKER_HUB_API_HOST && !name.includes('/') ? `library/${name}` : name;
}

/** The name relative to the connection, or undefined for a repository outside its namespace. */
export function relativeRepositoryName(endpoint: RegistryEndpoint, fullName: string): string | undefined {
  const { namespacePrefix } = endpoint;
  if (namespacePrefix === '') return fullName;
  return fullName.startsWith(`${namespacePrefix}/`) ? fullName.slice(namespacePrefix.length + 1) : undefined;
}
