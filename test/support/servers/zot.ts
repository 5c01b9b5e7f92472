/** A real zot with its search extension: 1.4, the newest that set-up can build, whose search is of an older schema. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

export interface ZotOptions {
  readonly htpasswd?: { readonly username: string; readonly password: string };
}

export async function startZot({ htpasswd }: ZotOptions = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-zot-'));
  const port = await freePort();
  if (htpasswd) {
    const account = ['-Bbn', htpasswd.username, htpasswd.password];
    const { stdout } = await promisify(execFile)(findTool('htpasswd'), account);
    await writeFile(join(folder, 'htpasswd'), stdout);
  }
  const config = {
    // Undo puts manifests back: nothing may be collected in the middle of a test.
    storage: { rootDirectory: join(folder, 'data'), gc: false },
    http: {
      address: '127.0.0.1',
      port: String(port),
      ...(htpasswd && { auth: { htpasswd: { path: join(folder, 'htpasswd') } } }),
    },
    log: { level: 'warn' },
    extensions: { search: { enable: true } },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return startProcess({
    program: findTool('zot'),
    args: ['serve', join(folder, 'config.json')],
    port,
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
