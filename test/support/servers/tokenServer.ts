/**
 * The token server of CNCF Distribution (contrib/token-server, built by set-up): accounts of an htpasswd file, each of
 * which may do anything below its own name and nothing elsewhere.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';
import type { TokenKey } from './tokenKey.ts';

export const TOKEN_ISSUER = 'berth-test-issuer';

export async function startTokenServer(
  { keyFile }: TokenKey,
  account: { readonly username: string; readonly password: string },
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-token-server-'));
  const passwords = join(folder, 'htpasswd');
  const { stdout } = await promisify(execFile)(findTool('htpasswd'), [
    '-Bbn',
    account.username,
    account.password,
  ]);
  await writeFile(passwords, stdout);
  const port = await freePort();
  return startProcess({
    program: findTool('token-server'),
    args: [
      ...['-addr', `127.0.0.1:${port}`, '-realm', 'berth', '-issuer', TOKEN_ISSUER],
      ...['-key', keyFile, '-passwd', passwords],
    ],
    port,
    readyPath: '/token/',
    cleanUp: () => rm(folder, { recursive: true, force: true }),
  });
}
