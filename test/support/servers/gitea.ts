/** A real Gitea with its container registry, in an SQLite database of its own; one account, `ada`, and her token. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { findTool } from '../tools.ts';
import { freePort, startProcess, type TestServer } from './startProcess.ts';

/** Templates and translations, which are not in the program; copied by set-up. */
const STATIC_FILES = join(import.meta.dirname, '../../../.vscode-test/gitea');
/** On a busy disk a commit takes more than the usual 500 ms, and Gitea takes a token that it cannot look up for a wrong one. */
const LOCK_TIMEOUT_MS = 20_000;
export const GITEA_USER = 'ada';

export interface GiteaServer extends TestServer {
  /** May everything, and stands for the password. */
  readonly token: string;
  /** @param scopes as Gitea calls them: `read:package`. */
  createToken(scopes: readonly string[]): Promise<string>;
  createOrganization(name: string): Promise<void>;
}

export async function startGitea(): Promise<GiteaServer> {
  const folder = await mkdtemp(join(tmpdir(), 'berth-gitea-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'app.ini');
  await mkdir(join(folder, 'data'));
  await writeFile(
    config,
    `RUN_MODE = prod
RUN_USER = ${userInfo().username}
WORK_PATH = ${folder}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
STATIC_ROOT_PATH = ${STATIC_FILES}
APP_DATA_PATH = ${join(folder, 'data')}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'data/gitea.db')}
SQLITE_JOURNAL_MODE = MEMORY
SQLITE_TIMEOUT = ${LOCK_TIMEOUT_MS}
[security]
INSTALL_LOCK = true
SECRET_KEY = berth-test
[log]
LEVEL = Warn
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
`,
  );
  const program = findTool('gitea');
  const env = { HOME: folder, GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
  const gitea = async (...args: string[]): Promise<string> => {
    const all = ['--work-path', folder, '--config', config, ...args];
    const { stdout } = await promisify(execFile)(program, all, { env: { ...process.env, ...env } });
    return stdout;
  };
  const createToken = async (scopes: readonly string[]): Promise<string> => {
    const name = `t${Math.random().toString(36).slice(2)}`;
    const token = ['admin', 'user', 'generate-access-token', '--username', GITEA_USER, '--raw'];
    const output = await gitea(...token, '--token-name', name, '--scopes', scopes.join(','));
    // Among warnings, on a slow machine.
    const [created] = /^[0-9a-f]{40}$/m.exec(output) ?? [];
    if (created === undefined) throw new Error(`Gitea made no token: ${output}`);
    return created;
  };
  try {
    await gitea('migrate');
    const account = ['--username', GITEA_USER, '--password', 'correct-horse', '--email', 'ada@example.com'];
    await gitea('admin', 'user', 'create', ...account, '--must-change-password=false');
    const token = await createToken(['all']);
    const server = await startProcess({
      program,
      args: ['--work-path', folder, '--config', config, 'web'],
      port,
      env,
      cleanUp: () => rm(folder, { recursive: true, force: true }),
    });
    return {
      ...server,
      token,
      createToken,
      createOrganization: async (name) => {
        const { statusCode, body } = await request(`${url}/api/v1/orgs`, {
          method: 'POST',
          headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ username: name }),
        });
        if (statusCode !== 201) throw new Error(`${statusCode} ${await body.text()}`);
        await body.dump();
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
