/**
 * What `docker login` knows: DOCKER_AUTH_CONFIG, then `config.json` with its helpers. Read anew for every question, so
 * that a login in a terminal counts at once. Source: docker/cli, cli/config.
 */
import { join } from 'node:path';
import { AuthFile } from './AuthFile.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import type { Credential, CredentialRequest, CredentialStore } from './CredentialStore.ts';
import { lookUpCredential } from './lookUpCredential.ts';
import { dockerKey, parseRegistryKey } from './registryKey.ts';

export class DockerConfigStore implements CredentialStore {
  readonly #environment: CredentialEnvironment;

  constructor(environment: CredentialEnvironment) {
    this.#environment = environment;
  }

  /** @throws CoreError as AuthFile and CredentialHelper do. */
  async get(request: CredentialRequest, signal: AbortSignal): Promise<Credential | undefined> {
    const serverName = dockerKey(parseRegistryKey(request.key));
    for (const read of [readDockerAuthVariable, readDockerConfig]) {
      const file = await read(this.#environment);
      const credential =
        file && (await lookUpCredential(file, request, serverName, this.#environment, signal));
      if (credential) return credential;
    }
    return undefined;
  }
}

/** `config.json` in DOCKER_CONFIG (a folder) or `~/.docker`. */
export async function readDockerConfig({
  env,
  homeDir,
}: CredentialEnvironment): Promise<AuthFile | undefined> {
  return AuthFile.read(join(env['DOCKER_CONFIG'] || join(homeDir, '.docker'), 'config.json'));
}

/** The JSON that the variable DOCKER_AUTH_CONFIG holds (Docker CLI 28.3 and later, GitLab CI). */
export async function readDockerAuthVariable({ env }: CredentialEnvironment): Promise<AuthFile | undefined> {
  const json = env['DOCKER_AUTH_CONFIG'];
  return json ? AuthFile.parse(json, 'DOCKER_AUTH_CONFIG') : undefined;
}
