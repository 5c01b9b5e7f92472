/** A real CNCF Distribution registry: 2.8 (Debian's docker-registry) or 3 (built by set-up). */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

export interface DistributionOptions {
  /** 2 (default) is Debian's 2.8; 3 deletes single tags. */
  readonly version?: 2 | 3;
  /** REGISTRY_STORAGE_DELETE_ENABLED; true unless told otherwise. */
  readonly deleteEnabled?: boolean;
  readonly htpasswd?: { readonly username: string; readonly password: string };
  /** PEM files, see certificates.ts. */
  readonly tls?: {
    readonly certificateFile: string;
    readonly keyFile: string;
    /** Clients must show a certificate that this authority signed, or the handshake ends. */
    readonly clientCaFile?: string;
  };
  /** Tokens are wanted from `realm` and checked by the keys in `jwksFile` (version 3). */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly jwksFile: string;
  };
  readonly port?: number;
  /** Keeps its data here instead of a folder that goes with the server. */
  readonly dataFolder?: string;
}

export async function startDistribution(options: DistributionOptions = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-registry-'));
  const port = options.port ?? (await freePort());
  const config: Record<string, unknown> = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: options.dataFolder ?? join(folder, 'data') },
      delete: { enabled: options.deleteEnabled ?? true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'berth-test',
      ...(options.tls && {
        tls: {
          certificate: options.tls.certificateFile,
          key: options.tls.keyFile,
          ...(options.tls.clientCaFile !== undefined && { clientcas: [options.tls.clientCaFile] }),
        },
      }),
    },
  };
  if (options.htpasswd) {
    const { stdout } = await promisify(execFile)(findTool('htpasswd'), [
      '-Bbn',
      options.htpasswd.username,
      options.htpasswd.password,
    ]);
    await writeFile(join(folder, 'htpasswd'), stdout);
    config['auth'] = { htpasswd: { realm: 'berth', path: join(folder, 'htpasswd') } };
  }
  if (options.token) {
    const { jwksFile, ...token } = options.token;
    config['auth'] = { token: { ...token, jwks: jwksFile } };
  }
  // JSON is YAML, so no serialiser is needed.
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  return startProcess({
    program: findTool(options.version === 3 ? 'distribution3' : 'docker-registry'),
    args: ['serve', join(folder, 'config.yml')],
    port,
    scheme: options.tls ? 'https' : 'http',
    // The server's own certificate is by the same authority.
    ...(options.tls?.clientCaFile !== undefined && { client: options.tls }),
    env: { OTEL_TRACES_EXPORTER: 'none' },
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
