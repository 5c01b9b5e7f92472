/**
 * Talks to `docker-credential-NAME` programs. Secrets go in on stdin and come out on stdout, so neither is ever logged
 * or put in an error. Source: github.com/docker/docker-credential-helpers, "Development".
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { CoreError } from '../common/CoreError.ts';
import { toDisplayText } from '../common/displayText.ts';
import { redact } from '../common/redact.ts';
import type { CredentialEnvironment } from './CredentialEnvironment.ts';
import { toCredential } from './credentialOf.ts';
import type { Credential } from './CredentialStore.ts';
import { isSameRegistry } from './registryKey.ts';

const NAME = /^[A-Za-z0-9._-]+$/;
const DEFAULT_TIMEOUT_MS = 10_000;
/** After the helper's own end, how long a child of it may keep the output open. */
const DRAIN_MS = 500;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const MAX_SHOWN_ERROR_LENGTH = 500;
/** What every helper prints, on stdout and with exit code 1, for a server it has nothing for. */
const NOT_FOUND = 'credentials not found in native keychain';

const answerSchema = v.object({
  ServerURL: v.nullish(v.string(), ''),
  Username: v.string(),
  Secret: v.string(),
});
const listSchema = v.record(v.string(), v.string());

interface HelperOutput {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `details.reason` of every `credentialHelper` error; `subject` is the program. */
export type CredentialHelperProblem =
  | 'badName'
  | 'helperMissing' // not on PATH
  | 'notExecutable'
  | 'timeout'
  | 'tooMuchOutput'
  | 'failed' // see exitCode, output
  | 'garbage' // stdout is not what the protocol says
  | 'otherServer'; // answered for a registry it was not asked about

export class CredentialHelper {
  readonly program: string;
  readonly #environment: CredentialEnvironment;
  readonly #timeoutMs: number;

  /** @throws CoreError `credentialHelper`/`badName` when `name` could be anything but the end of a file name. */
  constructor(name: string, environment: CredentialEnvironment, timeoutMs = DEFAULT_TIMEOUT_MS) {
    this.program = `docker-credential-${name}`;
    this.#environment = environment;
    this.#timeoutMs = timeoutMs;
    if (!NAME.test(name))
      throw this.#problem('badName', 'the name of a credential helper has odd characters');
  }

  /** Undefined: the helper knows nothing for `server`. */
  async get(server: string, signal: AbortSignal): Promise<Credential | undefined> {
    const output = await this.#run('get', server, signal);
    if (isNotFound(output)) return undefined;
    const answer = this.#parse(answerSchema, this.#stdoutOf(output));
    if (answer.ServerURL !== '' && !isSameRegistry(answer.ServerURL, server)) {
      throw this.#problem('otherServer', 'it answered for another registry than the one asked for');
    }
    return toCredential(answer.Username, answer.Secret);
  }

  async store(server: string, username: string, secret: string, signal: AbortSignal): Promise<void> {
    const entry = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
    this.#stdoutOf(await this.#run('store', entry, signal), [secret]);
  }

  /** Erasing what is not there is fine. */
  async erase(server: string, signal: AbortSignal): Promise<void> {
    const output = await this.#run('erase', server, signal);
    if (!isNotFound(output)) this.#stdoutOf(output);
  }

  /** User names by server. */
  async list(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const output = await this.#run('list', '', signal);
    return new Map(Object.entries(this.#parse(listSchema, this.#stdoutOf(output))));
  }

  /** stdout of a success. Of a failure only stderr is told: stdout is where secrets are. */
  #stdoutOf({ exitCode, stdout, stderr }: HelperOutput, secrets: readonly string[] = []): string {
    if (exitCode === 0) return stdout;
    const output = redact(toDisplayText(stderr).trim(), secrets).slice(-MAX_SHOWN_ERROR_LENGTH);
    throw this.#problem('failed', `it ended with code ${exitCode ?? 'none'}`, {
      output,
      ...(exitCode !== null && { exitCode }),
    });
  }

  #parse<T>(schema: v.GenericSchema<unknown, T>, stdout: string): T {
    try {
      const result = v.safeParse(schema, JSON.parse(stdout));
      if (result.success) return result.output;
    } catch {
      // Falls through: neither the text nor JSON.parse's quotation of it may be told.
    }
    throw this.#problem('garbage', 'its output is not what a credential helper prints');
  }

  #run(
    action: 'get' | 'store' | 'erase' | 'list',
    input: string,
    signal: AbortSignal,
  ): Promise<HelperOutput> {
    return new Promise((resolve, reject) => {
      const cancelled = () => new CoreError('cancelled', `${this.program} ${action} was cancelled`);
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      const child = spawn(this.program, [action], {
        env: { ...this.#environment.env },
        // Somewhere nobody plants programs: Windows looks in the working directory before PATH.
        cwd: dirname(process.execPath),
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32', // leads a group, so that its children can be ended with it
        windowsHide: true,
      });
      const chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
      let received = 0;
      let drain: NodeJS.Timeout | undefined;

      const stop = (error: CoreError | undefined, exitCode: number | null = null) => {
        clearTimeout(deadline);
        clearTimeout(drain);
        signal.removeEventListener('abort', onAbort);
        child.stdout.destroy();
        child.stderr.destroy();
        if (error) {
          killGroup(child);
          reject(error);
        } else {
          const textOf = (name: 'stdout' | 'stderr') => Buffer.concat(chunks[name]).toString('utf8');
          resolve({ exitCode, stdout: textOf('stdout'), stderr: textOf('stderr') });
        }
      };
      const onAbort = () => stop(cancelled());
      const deadline = setTimeout(
        () => stop(this.#problem('timeout', `it gave no answer to "${action}" within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });

      for (const name of ['stdout', 'stderr'] as const) {
        child[name].on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received > MAX_OUTPUT_BYTES) stop(this.#problem('tooMuchOutput', 'it prints without end'));
          else chunks[name].push(chunk);
        });
      }
      child.on('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'ENOENT' ? 'helperMissing' : 'notExecutable';
        stop(
          this.#problem(reason, `it cannot be started: ${error.code ?? 'unknown'}`, {
            code: error.code ?? 'unknown',
          }),
        );
      });
      // A child of the helper may hold the pipes open long after its end: the helper's own end counts.
      child.on('exit', (exitCode) => {
        drain = setTimeout(() => stop(undefined, exitCode), DRAIN_MS);
      });
      child.on('close', (exitCode) => stop(undefined, exitCode));
      child.stdin.on('error', () => undefined); // a helper may end without reading
      child.stdin.end(input);
    });
  }

  #problem(
    reason: CredentialHelperProblem,
    why: string,
    more: { code?: string; exitCode?: number; output?: string } = {},
  ) {
    return new CoreError('credentialHelper', `${this.program}: ${why}`, {
      reason,
      subject: this.program,
      ...more,
    });
  }
}

function isNotFound({ exitCode, stdout, stderr }: HelperOutput): boolean {
  return exitCode !== 0 && (stdout.includes(NOT_FOUND) || stderr.includes(NOT_FOUND));
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}
