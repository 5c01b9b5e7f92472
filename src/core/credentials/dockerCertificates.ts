/** Certificates that Docker and Podman keep per registry: `certs.d/<host:port>/{*.crt, NAME.cert, NAME.key}`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../common/Logger.ts';
import { isHost } from '../oci/reference.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';

/** Fits TlsOptions. */
export interface DockerCertificates {
  /** CAs of every folder, in folder order. */
  readonly additionalCaPem: readonly string[];
  /** The first complete pair; both or neither. */
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
}

/** The system's folders, then the user's. */
export function certificateFolders({ env, homeDir }: CredentialEnvironment): string[] {
  return [
    '/etc/docker/certs.d',
    '/etc/containers/certs.d',
    join(env['DOCKER_CONFIG'] || join(homeDir, '.docker'), 'certs.d'),
    join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'containers', 'certs.d'),
  ];
}

/**
 * Reads what `folders` hold for exactly `host` (`host` or `host:port`). Absent folders are normal; a file that cannot be
 * read or is no PEM is logged and left out.
 */
export async function readDockerCertificates(
  host: string,
  folders: readonly string[],
  logger: Logger,
): Promise<DockerCertificates> {
  if (!isHost(host)) return { additionalCaPem: [] }; // never a path made of something else
  // Windows allows no colon in a name; Docker leaves it out there.
  const name = process.platform === 'win32' ? host.replaceAll(':', '') : host;
  const found = await Promise.all(folders.map((folder) => readFolder(join(folder, name), logger)));
  const pair = found.find(({ clientKeyPem }) => clientKeyPem !== undefined);
  return {
    additionalCaPem: found.flatMap(({ additionalCaPem }) => additionalCaPem),
    ...(pair?.clientCertificatePem !== undefined && { clientCertificatePem: pair.clientCertificatePem }),
    ...(pair?.clientKeyPem !== undefined && { clientKeyPem: pair.clientKeyPem }),
  };
}

async function readFolder(folder: string, logger: Logger): Promise<DockerCertificates> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const read = async (name: string): Promise<string | undefined> => {
    try {
      const pem = await readFile(join(folder, name), 'utf8');
      if (pem.includes('-----BEGIN ')) return pem;
      logger.warn(`${join(folder, name)} is left out: it is not PEM`);
    } catch (error) {
      logger.warn(
        `${join(folder, name)} is left out: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`,
      );
    }
    return undefined;
  };
  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  const additionalCaPem = authorities.filter((pem) => pem !== undefined);
  for (const certificate of names.filter((name) => name.endsWith('.cert'))) {
    const key = certificate.replace(/\.cert$/, '.key');
    if (!names.includes(key)) continue;
    const [clientCertificatePem, clientKeyPem] = await Promise.all([read(certificate), read(key)]);
    if (clientCertificatePem && clientKeyPem) return { additionalCaPem, clientCertificatePem, clientKeyPem };
  }
  return { additionalCaPem };
}
