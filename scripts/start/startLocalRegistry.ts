/** The registry `npm start` fills: a registry binary on this machine, else a container of registry:2. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startProcess } from '../../test/support/servers/startProcess.ts';
import { findTool, tryFindTool } from '../../test/support/tools.ts';

export interface LocalRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/**
 * @param folder keeps the images between runs.
 * @throws Error that says what to install when there is neither a registry nor Docker.
 */
export async function startLocalRegistry(folder: string): Promise<LocalRegistry> {
  const program = tryFindTool('docker-registry') ?? tryFindTool('registry');
  return program === undefined ? startContainer() : startBinary(program, folder);
}

async function startBinary(program: string, folder: string): Promise<LocalRegistry> {
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'berth-samples' },
  };
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'config.yml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  return startProcess({ program, args: ['serve', file], port, env: { OTEL_TRACES_EXPORTER: 'none' } });
}

async function startContainer(): Promise<LocalRegistry> {
  const docker = findTool('docker');
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(docker, args)).stdout.trim();
  const id = await run(
    ...['run', '--detach', '--rm', '--publish', '127.0.0.1:0:5000'],
    ...['--env', 'REGISTRY_STORAGE_DELETE_ENABLED=true', 'registry:2'],
  );
  const [address] = (await run('port', id, '5000/tcp')).split('\n');
  return {
    url: `http://${address ?? ''}`,
    async [Symbol.asyncDispose]() {
      await run('rm', '--force', '--volumes', id);
    },
  };
}
