/**
 * Every registry that Docker and Podman on this machine know of, each once, with where it is named: sign-ins,
 * `registries.conf`, the engine's `daemon.json`, `certs.d`. Names only, never secrets.
 */
import { isCoreError, type CoreError } from '../common/CoreError.ts';
import { isHost } from '../oci/reference.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import { certificateFolders, listCertificateHosts } from './dockerCertificates.ts';
import { dockerDaemonFiles, readDockerDaemonConf, type DockerDaemonConf } from './dockerDaemonConf.ts';
import { listKnownRegistries } from './knownRegistries.ts';
import {
  findRegistryRule,
  readRegistriesConf,
  type RegistryMirror,
  type RegistryRule,
} from './registriesConf.ts';
import { parseRegistryKey } from './registryKey.ts';

/** Where a registry is named. */
export type Evidence =
  | { readonly kind: 'signIn'; readonly source: 'docker' | 'podman'; readonly username?: string }
  | { readonly kind: 'registriesConf' | 'daemon' | 'certificates'; readonly file: string }
  /** Short names are looked for there. */
  | { readonly kind: 'search'; readonly file: string }
  | { readonly kind: 'mirror'; readonly file: string; readonly of: string };

export interface FoundRegistry {
  /** `host[:port]`, with a path for a namespace; `docker.io` for Docker Hub. */
  readonly address: string;
  /** At least one, sign-ins first. */
  readonly evidence: readonly Evidence[];
  /** The file that blocks it. */
  readonly blockedBy?: string;
  /** The file that lets the programs use http or any certificate. */
  readonly insecureIn?: string;
  /** Where the programs may pull its images from instead, in the order they are tried. */
  readonly mirrors: readonly RegistryMirror[];
}

export interface FoundRegistries {
  /** Signed-in ones first, then by address. */
  readonly registries: readonly FoundRegistry[];
  /** What could not be read: the rest is still found. */
  readonly failures: readonly CoreError[];
}

/** @throws CoreError `cancelled` only. */
export async function findRegistries(
  environment: CredentialEnvironment,
  signal: AbortSignal,
): Promise<FoundRegistries> {
  const [known, conf, daemons, certificates] = await Promise.all([
    listKnownRegistries(environment, signal),
    readRegistriesConf(environment),
    readDaemons(environment),
    listCertificateHosts(certificateFolders(environment)),
  ]);
  const evidence = new Map<string, Evidence[]>();
  const note = (written: string, what: Evidence) => {
    const address = addressOf(written);
    if (address === undefined) return;
    evidence.set(address, [...(evidence.get(address) ?? []), what]);
  };

  for (const { key, path, source, username } of known.registries) {
    const { registry } = parseRegistryKey(key);
    const address = path === undefined ? registry : `${registry}/${path}`;
    note(address, { kind: 'signIn', source, ...(username !== undefined && { username }) });
  }
  for (const { location, prefix, file, mirrors } of conf.rules) {
    if (location !== '') note(location, { kind: 'registriesConf', file });
    for (const mirror of mirrors) note(mirror.location, { kind: 'mirror', file, of: prefix });
  }
  for (const { file, insecureRegistries, registryMirrors } of daemons.confs) {
    for (const host of insecureRegistries) note(host, { kind: 'daemon', file });
    for (const mirror of registryMirrors) note(mirror, { kind: 'mirror', file, of: 'docker.io' });
  }
  for (const { host, folder } of certificates) note(host, { kind: 'certificates', file: folder });
  for (const host of conf.searchRegistries) note(host, { kind: 'search', file: conf.searchFile! });

  const registries = [...evidence].map(([address, places]): FoundRegistry => {
    // What is there in place of another registry is under that one's rule as well.
    const rule =
      findRegistryRule(conf.rules, address) ?? conf.rules.find(({ location }) => location === address);
    const engine = daemons.confs.find(({ insecureRegistries }) => insecureRegistries.includes(address));
    const mirror = conf.rules.find(({ mirrors }) =>
      mirrors.some(({ location, insecure }) => insecure && location === address),
    );
    const insecureIn = (rule?.insecure ? rule.file : undefined) ?? engine?.file ?? mirror?.file;
    return {
      address,
      evidence: places,
      ...(rule?.blocked && { blockedBy: rule.file }),
      ...(insecureIn !== undefined && { insecureIn }),
      mirrors: mirrorsOf(address, rule, daemons.confs),
    };
  });
  return {
    registries: registries.sort(bySignInAndAddress),
    failures: [...known.failures, ...conf.failures, ...daemons.failures],
  };
}

/** Where the programs may pull images of `reference` (`host[:port]`, with a path) from instead. Never throws. */
export async function listPullMirrors(
  reference: string,
  environment: CredentialEnvironment,
): Promise<readonly RegistryMirror[]> {
  const [{ rules }, { confs }] = await Promise.all([
    readRegistriesConf(environment),
    readDaemons(environment),
  ]);
  return mirrorsOf(reference, findRegistryRule(rules, reference), confs);
}

/** Podman's, then the engine's, which are of Docker Hub only. */
function mirrorsOf(
  reference: string,
  rule: RegistryRule | undefined,
  engines: readonly DockerDaemonConf[],
): RegistryMirror[] {
  const ofEngine = reference.split('/')[0] === 'docker.io' ? engines : [];
  return [
    ...(rule?.mirrors ?? []),
    ...ofEngine.flatMap(({ registryMirrors }) =>
      registryMirrors.map((location) => ({ location, insecure: false, pulls: 'all' as const })),
    ),
  ];
}

async function readDaemons(environment: CredentialEnvironment) {
  const failures: CoreError[] = [];
  const read = await Promise.all(
    [...new Set(dockerDaemonFiles(environment))].map((file) =>
      readDockerDaemonConf(file).catch((error: unknown) => {
        if (!isCoreError(error)) throw error;
        failures.push(error);
        return undefined;
      }),
    ),
  );
  return { confs: read.filter((conf) => conf !== undefined), failures };
}

/** The address in one spelling; undefined for what is none: a wildcard, an image with its tag. */
function addressOf(written: string): string | undefined {
  const { registry, path } = parseRegistryKey(written);
  if (!isHost(registry) || /[:@]/.test(path)) return undefined;
  return path === '' ? registry : `${registry}/${path}`;
}

function bySignInAndAddress(a: FoundRegistry, b: FoundRegistry): number {
  const rank = ({ evidence }: FoundRegistry) => (evidence[0]?.kind === 'signIn' ? 0 : 1);
  return rank(a) - rank(b) || a.address.localeCompare(b.address, 'en', { numeric: true });
}
