/** Which registries this machine already has sign-ins for, so that connecting can offer them. Names only, never secrets. */
import { isCoreError } from '../common/CoreError.ts';
import type { CoreError } from '../common/CoreError.ts';
import { AuthFile } from './AuthFile.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import { CredentialHelper } from './CredentialHelper.ts';
import { TOKEN_USERNAME } from './credentialOf.ts';
import { isHost } from '../oci/reference.ts';
import { readDockerAuthVariable, readDockerConfig } from './DockerConfigStore.ts';
import { podmanAuthFiles } from './PodmanAuthStore.ts';
import { dockerKey, parseRegistryKey } from './registryKey.ts';

export interface KnownRegistry {
  /** As `RegistryEndpoint.credentialKey`: exact `host[:port]`, or Docker Hub's `https://index.docker.io/v1/`. */
  readonly key: string;
  /** Podman: the namespace or repository the sign-in is limited to. */
  readonly path?: string;
  /** Undefined where a token or a helper gives none. */
  readonly username?: string;
  readonly source: 'docker' | 'podman';
  /** The helper that keeps it, such as `docker-credential-desktop`. */
  readonly helper?: string;
}

export interface KnownRegistries {
  /** Without doubles, Docker's first; sorted by key within a source. */
  readonly registries: readonly KnownRegistry[];
  /** Files that could not be read and helpers that failed: the rest is still offered. */
  readonly failures: readonly CoreError[];
}

/** @throws CoreError `cancelled` only. */
export async function listKnownRegistries(
  environment: CredentialEnvironment,
  signal: AbortSignal,
): Promise<KnownRegistries> {
  const failures: CoreError[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!isCoreError(error) || error.kind === 'cancelled') throw error;
      failures.push(error);
      return undefined;
    }
  };
  const list = async (source: KnownRegistry['source'], read: () => Promise<AuthFile | undefined>) => {
    const file = await attempt(read);
    return file
      ? listFile(file, source, (name) => attempt(() => new CredentialHelper(name, environment).list(signal)))
      : [];
  };
  const found = await Promise.all([
    list('docker', () => readDockerAuthVariable(environment)),
    list('docker', () => readDockerConfig(environment)),
    ...podmanAuthFiles(environment).map((path) => list('podman', () => AuthFile.read(path))),
  ]);
  const unique = new Map<string, KnownRegistry>();
  for (const registry of found.flatMap((part) => part.sort(byKey))) {
    const id = JSON.stringify([registry.key, registry.path]);
    const known = unique.get(id);
    if (known === undefined || (known.username === undefined && registry.username !== undefined))
      unique.set(id, registry);
  }
  return { registries: [...unique.values()], failures };
}

type ListHelper = (name: string) => Promise<ReadonlyMap<string, string> | undefined>;

async function listFile(
  file: AuthFile,
  source: KnownRegistry['source'],
  listHelper: ListHelper,
): Promise<KnownRegistry[]> {
  const names = [...new Set([file.credsStore ?? '', ...Object.values(file.credHelpers)])].filter(Boolean);
  const lists = new Map(
    await Promise.all(names.map(async (name) => [name, await listHelper(name)] as const)),
  );
  const inHelper = (key: string, name: string, username?: string) =>
    describe(key, source, username, `docker-credential-${name}`);
  return [
    ...file.listKeys().map(({ key, username }) => describe(key, source, username)),
    ...Object.entries(file.credHelpers)
      .filter(([, name]) => name !== '')
      .map(([key, name]) => inHelper(key, name, userOf(lists.get(name), key))),
    // A registry with a helper of its own is never asked of the store for all.
    ...[...((file.credsStore && lists.get(file.credsStore)) || [])]
      .filter(([key]) => file.helperFor(key) === file.credsStore)
      .map(([key, username]) => inHelper(key, file.credsStore!, username)),
  ].filter(
    ({ key, path }) => isHost(parseRegistryKey(key).registry) && (source === 'podman' || path === undefined),
  );
}

function userOf(list: ReadonlyMap<string, string> | undefined, key: string): string | undefined {
  const { registry } = parseRegistryKey(key);
  return [...(list ?? [])].find(([server]) => parseRegistryKey(server).registry === registry)?.[1];
}

function describe(
  written: string,
  source: KnownRegistry['source'],
  username?: string,
  helper?: string,
): KnownRegistry {
  const parsed = parseRegistryKey(written);
  const isName = username !== undefined && username !== '' && username !== TOKEN_USERNAME;
  return {
    key: dockerKey(parsed),
    ...(parsed.path !== '' && { path: parsed.path }),
    ...(isName && { username }),
    source,
    ...(helper !== undefined && { helper }),
  };
}

function byKey(a: KnownRegistry, b: KnownRegistry): number {
  return a.key.localeCompare(b.key, 'en') || (a.path ?? '').localeCompare(b.path ?? '', 'en');
}
