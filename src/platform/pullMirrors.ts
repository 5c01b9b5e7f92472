/** Where docker and podman may pull a connection's images from instead; Berth itself always reads the registry. */
import type { Connection } from './Connection.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';
import { tryCreateEndpoint } from './RegistrySessions.ts';

/** `host[:port]/path`, in the order they are tried; none where a file cannot be read. */
export async function readPullMirrors(connection: Connection): Promise<readonly string[]> {
  const endpoint = tryCreateEndpoint(connection);
  if (!endpoint) return [];
  const { listPullMirrors } = await import('../core/credentials/foundRegistries.ts');
  return listPullMirrors(endpoint.referenceHost, credentialEnvironment());
}
