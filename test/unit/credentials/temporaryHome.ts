/** A home of its own for a test: files, and credential helpers that are real programs on a PATH of its own. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { CredentialEnvironment } from '../../../src/core/credentials/CredentialEnvironment.ts';

export class TemporaryHome {
  readonly dir: string;
  readonly #env: Record<string, string> = {};

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async create(): Promise<TemporaryHome> {
    const home = new TemporaryHome(await mkdtemp(join(tmpdir(), 'berth-home-')));
    await mkdir(join(home.dir, 'bin'));
    return home;
  }

  /** What stores get; PATH begins with the helpers of this home. */
  get environment(): CredentialEnvironment {
    const path = [join(this.dir, 'bin'), '/usr/bin', '/bin'].join(delimiter);
    return { env: { PATH: path, HOME: this.dir, ...this.#env }, homeDir: this.dir };
  }

  setEnv(name: string, value: string): void {
    this.#env[name] = value;
  }

  path(relative: string): string {
    return join(this.dir, relative);
  }

  /** Writes text as it is, anything else as JSON. */
  async write(relative: string, content: unknown): Promise<string> {
    const path = this.path(relative);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** `docker-credential-NAME`, a shell script; its action is in $1, its input on stdin. */
  async addHelper(name: string, script: string): Promise<void> {
    const path = this.path(join('bin', `docker-credential-${name}`));
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Script of a helper that keeps one credential for one server, and tells what it was asked in `asked`. */
export function helperFor(server: string, username: string, secret: string): string {
  return `
asked=$(cat)
echo "$1 $asked" >> "$HOME/asked"
case "$1:$asked" in
  get:${server}) printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' '${server}' '${username}' '${secret}' ;;
  list:*) printf '{"%s":"%s"}' '${server}' '${username}' ;;
  *) echo "credentials not found in native keychain"; exit 1 ;;
esac`;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** For questions that nobody cancels. */
export function noCancel(): AbortSignal {
  return new AbortController().signal;
}
