/** What `podman login`, `skopeo login` and `buildah login` know. Source: containers-auth.json(5). */
import { join } from 'node:path';
import { AuthFile } from './AuthFile.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import type { Credential, CredentialRequest, CredentialStore } from './CredentialStore.ts';
import { lookUpCredential } from './lookUpCredential.ts';
import { parseRegistryKey } from './registryKey.ts';

export class PodmanAuthStore implements CredentialStore {
  readonly #environment: CredentialEnvironment;

  constructor(environment: CredentialEnvironment) {
    this.#environment = environment;
  }

  /** @throws CoreError as AuthFile and CredentialHelper do. */
  async get(request: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    const { registry } = parseRegistryKey(request.key);
    for (const path of podmanAuthFiles(this.#environment)) {
      const file = await AuthFile.read(path);
      const credential = file && (await lookUpCredential(file, request, registry, this.#environment, signal));
      if (credential) return credential;
    }
    return undefined;
  }
}

/** The files in the order they are asked; REGISTRY_AUTH_FILE replaces them all. */
export function podmanAuthFiles({ env, homeDir, uid }: CredentialEnvironment): string[] {
  const override = env['REGISTRY_AUTH_FILE'];
  if (override) return [override];
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const primary = runtimeDir
    ? [join(runtimeDir, 'containers', 'auth.json')]
    : uid === undefined
      ? []
      : [`/run/containers/${uid}/auth.json`];
  return [...primary, join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'containers', 'auth.json')];
}
