/** One repository of an open connection, as the image view and the documents read it. */
import type { ManifestSource } from '../core/image/loadImageView.ts';
import type { RegistrySessions } from './RegistrySessions.ts';

export async function openManifestSource(
  sessions: RegistrySessions,
  connectionId: string,
  repository: string,
): Promise<ManifestSource> {
  const { client } = await sessions.open(connectionId);
  return {
    getManifest: (reference, signal) => client.getManifest(repository, reference, signal),
    readBlob: (digest, maxBytes, signal) => client.readBlob(repository, digest, maxBytes, signal),
  };
}
