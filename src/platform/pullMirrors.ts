/** Where docker and podman may pull a connection's images from instead; Berth itself always reads the registry. */
import { l10n } from 'vscode';
import type { RegistryMirror } from '../core/credentials/registriesConf.ts';
import type { Connection } from './Connection.ts';
import { credentialEnvironment } from './credentialEnvironment.ts';
import { tryCreateEndpoint } from './RegistrySessions.ts';

/** In the order they are tried; none where a file cannot be read. */
export async function readPullMirrors(connection: Connection): Promise<readonly RegistryMirror[]> {
  const endpoint = tryCreateEndpoint(connection);
  if (!endpoint) return [];
  const { listPullMirrors } = await import('../core/credentials/foundRegistries.ts');
  return listPullMirrors(endpoint.referenceHost, credentialEnvironment());
}

/** `mirror.io/team, other.io (digests only)`; what the files say, not yet safe to show. */
export function describeMirrors(mirrors: readonly RegistryMirror[]): string {
  return [...new Set(mirrors.map(describeMirror))].join(', ');
}

function describeMirror({ location, pulls }: RegistryMirror): string {
  switch (pulls) {
    case 'all':
      return location;
    case 'digest-only':
      return l10n.t('{0} (digests only)', location);
    case 'tag-only':
      return l10n.t('{0} (tags only)', location);
  }
}
