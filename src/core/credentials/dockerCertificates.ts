/**
 * Certificates that Docker and Podman keep per registry: `certs.d/<host:port>/{*.crt, NAME.cert, NAME.key}`.
 * Sources: docs.docker.com/engine/security/certificates; containers-certs.d(5).
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../common/Logger.ts';
import { isHost } from '../oci/reference.ts';
import { openClientPair, type ClientPairProblem } from './certificateFiles.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';

/** Fits TlsOptions. */
export interface DockerCertificates {
  /** CAs of every folder, in folder order. */
  readonly additionalCaPem: readonly string[];
  /** The first complete pair; both or neither. */
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
  /** Files and folders that are there for the host and could not be used, each with why. */
  readonly unusedFiles: readonly string[];
}

/** The user's folders, then the system's: the order of containers/image, so that a person's own certificate counts. */
export function certificateFolders({ env, homeDir }: CredentialEnvironment): string[] {
  const configHome = env['XDG_CONFIG_HOME'] || join(homeDir, '.config');
  return [
    join(configHome, 'containers', 'certs.d'),
    join(env['DOCKER_CONFIG'] || join(homeDir, '.docker'), 'certs.d'),
    join(configHome, 'docker', 'certs.d'), // a rootless engine's
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
    ...(env['ProgramData'] ? [join(env['ProgramData'], 'docker', 'certs.d')] : []),
  ];
}

/**
 * Reads what `folders` hold for exactly `host` (`host` or `host:port`; port 443 may be written or left out). Absent
 * folders are normal; what cannot be read, is no PEM or no pair is logged, left out and told in `unusedFiles`.
 */
export async function readDockerCertificates(
  host: string,
  folders: readonly string[],
  logger: Logger,
): Promise<DockerCertificates> {
  if (!isHost(host)) return { additionalCaPem: [], unusedFiles: [] }; // never a path made of something else
  const spellings = host.endsWith(':443')
    ? [host, host.slice(0, -4)]
    : hasPort(host)
      ? [host]
      : [host, `${host}:443`];
  // Windows allows no colon in a name; Docker leaves it out there.
  const names = spellings.map((name) => (process.platform === 'win32' ? name.replaceAll(':', '') : name));
  const found = await Promise.all(
    folders.flatMap((folder) => names.map((name) => readFolder(join(folder, name)))),
  );
  const pair = found.find(({ clientKeyPem }) => clientKeyPem !== undefined);
  const unusedFiles = found.flatMap((folder) => folder.unusedFiles);
  for (const file of unusedFiles) logger.warn(`${host}: left out: ${file}`);
  return {
    additionalCaPem: found.flatMap(({ additionalCaPem }) => additionalCaPem),
    ...(pair?.clientCertificatePem !== undefined && { clientCertificatePem: pair.clientCertificatePem }),
    ...(pair?.clientKeyPem !== undefined && { clientKeyPem: pair.clientKeyPem }),
    unusedFiles,
  };
}

/** The hosts that have a folder with something in it, as they are written there. */
export async function listCertificateHosts(
  folders: readonly string[],
): Promise<{ readonly host: string; readonly folder: string }[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isHost(entry.name))
        .map(({ name }) => ({ host: name.toLowerCase(), folder: join(folder, name) }));
    }),
  );
  return found.flat();
}

async function readFolder(folder: string): Promise<DockerCertificates> {
  const unusedFiles: string[] = [];
  const refuse = (path: string, why: string) => void unusedFiles.push(`${path} (${why})`);
  const names = await readdir(folder).catch((error: unknown): string[] => {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') refuse(folder, code);
    return [];
  });
  names.sort();
  const read = async (name: string): Promise<string | undefined> => {
    try {
      const pem = await readFile(join(folder, name), 'utf8');
      if (pem.includes('-----BEGIN ')) return pem;
      refuse(join(folder, name), 'not PEM');
    } catch (error) {
      refuse(join(folder, name), codeOf(error));
    }
    return undefined;
  };
  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  const additionalCaPem = authorities.filter((pem) => pem !== undefined);
  for (const certificate of names.filter((name) => name.endsWith('.cert'))) {
    const key = certificate.replace(/\.cert$/, '.key');
    if (!names.includes(key)) {
      refuse(join(folder, certificate), `no ${key} beside it`);
      continue;
    }
    const [certificatePem, keyPem] = await Promise.all([read(certificate), read(key)]);
    if (!certificatePem || !keyPem) continue;
    // Docker and Podman know no passphrases here.
    const pair = await openClientPair(certificatePem, keyPem, () => Promise.resolve(undefined));
    if (typeof pair !== 'string') return { additionalCaPem, ...pair, unusedFiles };
    refuse(join(folder, pair.startsWith('clientKey') ? key : certificate), WHY_NO_PAIR[pair]);
  }
  return { additionalCaPem, unusedFiles };
}

const WHY_NO_PAIR: Readonly<Record<ClientPairProblem, string>> = {
  clientFileNotPem: 'not PEM',
  clientKeyMissing: 'no private key',
  clientKeyEncrypted: 'encrypted',
  clientKeyPassphrase: 'encrypted',
  clientKeyMismatch: 'the key of another certificate',
  clientCertificateExpired: 'expired',
};

function hasPort(host: string): boolean {
  return /:\d+$/.test(host);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unreadable';
}
