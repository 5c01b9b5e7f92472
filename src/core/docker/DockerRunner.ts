/** Starts the Docker (or Podman) CLI: argv arrays only, never a shell; Cancel kills the whole process tree. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { CoreError } from '../common/CoreError.ts';
import type { Logger } from '../common/Logger.ts';
import { classifyFailure } from './classifyFailure.ts';
import { describeCommandLine, withoutSecrets } from './describeCommandLine.ts';
import { killProcessTree } from './killProcessTree.ts';
import { OutputTail } from './OutputTail.ts';

/** A docker command as data. Each file of `commands/` exports a function that creates one. */
export interface DockerCommand<Result> {
  /** Everything after the program name. Positional values that come from people stand behind `--` where docker allows it. */
  readonly args: readonly string[];
  /** Written to stdin, then closed. Secrets go only here. */
  readonly stdin?: string;
  /** Extra environment, such as DOCKER_BUILDKIT=1. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly cwd?: string;
  /** Parses stdout after exit code 0: all of it, or its last 64 MiB. */
  readonly parse: (stdout: string, stderr: string) => Result;
}

/** A chunk of output as it came. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Every chunk as it arrives, for progress parsers and the full-output view. */
  readonly onOutput?: (chunk: OutputChunk) => void;
  /** Milliseconds; undefined: no deadline (builds, pushes). */
  readonly timeoutMs?: number;
}

/** Which program and which engine. Read anew for every run, so that a changed setting counts at once. */
export interface DockerEnvironment {
  /** `docker`, `podman`, or an absolute path. Machine-scoped setting. */
  readonly program: string;
  /** `--context` value, '' for the CLI's own choice. */
  readonly context: string;
  /** Added to the process environment (DOCKER_HOST from settings, DOCKER_CONFIG in tests). */
  readonly env: Readonly<Record<string, string>>;
}

/** Characters of each stream kept for `parse` and for errors. */
const KEPT_CHARACTERS = 64 * 1024 * 1024;
/** A cancelled run rejects after this long even if the process is still being killed. */
const CANCEL_ANSWER_MS = 800;
/** A grandchild may hold our pipes open after docker ended; wait this long for its last words. */
const PIPE_LINGER_MS = 2_000;

export class DockerRunner {
  readonly #environment: () => DockerEnvironment;
  readonly #logger: Logger;

  constructor(environment: () => DockerEnvironment, logger: Logger) {
    this.#environment = environment;
    this.#logger = logger;
  }

  /** The program and engine the next run will use. */
  get environment(): DockerEnvironment {
    return this.#environment();
  }

  /**
   * Runs to the end. Throws CoreError: `dockerMissing` (ENOENT), `dockerUnreachable`, `cancelled`, `timeout`, and
   * whatever `classifyFailure` recognises, at least `dockerFailed` with exitCode and the output's tail.
   */
  async run<Result>(command: DockerCommand<Result>, options: RunOptions): Promise<Result> {
    const environment = this.#environment();
    const { program } = environment;
    if (!isAbsolute(program) && /[/\\]/.test(program)) {
      throw new CoreError(
        'invalidInput',
        `the docker program must be a name or an absolute path: ${program}`,
        {
          reason: 'programPath',
          subject: program,
        },
      );
    }
    const started = Date.now();
    const line = this.describe(command);
    this.#logger.debug(`docker: ${line}`);
    try {
      const { stdout, stderr } = await execute(program, argvFor(environment, command), command, options, {
        ...process.env,
        DOCKER_CLI_HINTS: 'false',
        ...environment.env,
        ...command.env,
      });
      this.#logger.trace(`docker: done in ${Date.now() - started} ms: ${line}`);
      return command.parse(stdout, stderr);
    } catch (error) {
      const kind = error instanceof CoreError ? error.kind : 'bad output';
      this.#logger.debug(`docker: ${kind} after ${Date.now() - started} ms: ${line}`);
      throw error;
    }
  }

  /** Program and full argv (context included), for a terminal that runs it instead of us. */
  commandLine(command: DockerCommand<unknown>): {
    readonly program: string;
    readonly args: readonly string[];
  } {
    const environment = this.#environment();
    return { program: environment.program, args: argvFor(environment, command) };
  }

  /** Program and argv as a person would type them, quoted for display and logs; no secrets. */
  describe(command: DockerCommand<unknown>): string {
    const { program, args } = this.commandLine(command);
    return describeCommandLine([program, ...args]);
  }
}

/** Podman calls its remote engines connections, and takes `--context` for show only. */
function argvFor(environment: DockerEnvironment, command: DockerCommand<unknown>): string[] {
  if (environment.context === '') return [...command.args];
  const option = basename(environment.program).startsWith('podman') ? '--connection' : '--context';
  return [option, environment.context, ...command.args];
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

function execute(
  program: string,
  args: readonly string[],
  command: DockerCommand<unknown>,
  options: RunOptions,
  env: NodeJS.ProcessEnv,
): Promise<Output> {
  const { signal, timeoutMs, onOutput } = options;
  const operation = `docker ${operationOf(command.args)}`;
  return new Promise<Output>((resolve, reject) => {
    if (signal.aborted) {
      reject(new CoreError('cancelled', `${operation} was cancelled`, { operation }));
      return;
    }
    const child = spawn(program, args, {
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      env,
      // A process group of its own, so that plugins and helpers can be killed with it.
      detached: process.platform !== 'win32',
      stdio: 'pipe',
      windowsHide: true,
    });
    const kept = { stdout: new OutputTail(KEPT_CHARACTERS), stderr: new OutputTail(KEPT_CHARACTERS) };
    let stopReason: CoreError | undefined;
    const timers: NodeJS.Timeout[] = [];
    const after = (ms: number, action: () => void) => timers.push(setTimeout(action, ms));
    const settle = (action: () => void) => {
      timers.forEach(clearTimeout);
      signal.removeEventListener('abort', cancel);
      action();
    };
    const stop = (reason: CoreError) => {
      if (stopReason !== undefined) return;
      stopReason = reason;
      killProcessTree(child);
      after(CANCEL_ANSWER_MS, () => settle(() => reject(reason)));
    };
    const cancel = () => stop(new CoreError('cancelled', `${operation} was cancelled`, { operation }));
    signal.addEventListener('abort', cancel);
    if (timeoutMs !== undefined) {
      after(timeoutMs, () =>
        stop(new CoreError('timeout', `${operation} took over ${timeoutMs} ms`, { operation })),
      );
    }

    for (const stream of ['stdout', 'stderr'] as const) {
      const decoder = new StringDecoder('utf8');
      const emit = (text: string) => {
        if (text === '' || stopReason !== undefined) return;
        kept[stream].push(text);
        onOutput?.({ stream, text });
      };
      child[stream].on('data', (bytes: Buffer) => emit(decoder.write(bytes)));
      child[stream].on('end', () => emit(decoder.end()));
    }
    // A command that does not read its input closes the pipe early; its exit code tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(command.stdin ?? '');

    child.on('error', (cause: NodeJS.ErrnoException) => {
      settle(() => reject(startFailure(program, operation, command.cwd, cause)));
    });
    child.on('exit', () => {
      after(PIPE_LINGER_MS, () => {
        child.stdout.destroy();
        child.stderr.destroy();
      });
    });
    child.on('close', (exitCode, exitSignal) => {
      settle(() => {
        const stdout = kept.stdout.text();
        const stderr = kept.stderr.text();
        if (stopReason !== undefined) reject(stopReason);
        else if (exitCode === 0) resolve({ stdout, stderr });
        else {
          const hide = (text: string) => withoutSecrets(text, command.stdin);
          reject(
            classifyFailure({ operation, exitCode, exitSignal, stdout: hide(stdout), stderr: hide(stderr) }),
          );
        }
      });
    });
  });
}

function startFailure(
  program: string,
  operation: string,
  cwd: string | undefined,
  cause: NodeJS.ErrnoException,
): CoreError {
  const details = { operation, subject: program, ...(cause.code === undefined ? {} : { code: cause.code }) };
  if (cause.code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) {
    return new CoreError(
      'invalidInput',
      `no such folder: ${cwd}`,
      { ...details, subject: cwd, reason: 'folderMissing' },
      cause,
    );
  }
  if (cause.code === 'E2BIG' || cause.code === 'ENAMETOOLONG') {
    return new CoreError(
      'invalidInput',
      `${operation}: the arguments are too long`,
      { ...details, reason: 'argumentsTooLong' },
      cause,
    );
  }
  const reason = cause.code === 'ENOENT' ? 'notFound' : 'notExecutable';
  return new CoreError(
    'dockerMissing',
    `cannot start ${program}: ${cause.code ?? 'unknown'}`,
    { ...details, reason },
    cause,
  );
}

/** `image inspect`, `buildx build`, `push`: the words before the first option. */
function operationOf(args: readonly string[]): string {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  return args.slice(0, end === -1 ? 2 : Math.min(end, 2)).join(' ');
}
