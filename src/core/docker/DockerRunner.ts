/** Starts the Docker (or Podman) CLI: argv arrays only, never a shell; Cancel kills the whole process tree. */
import type { Logger } from '../common/Logger.ts';

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
  /** Parses complete stdout after exit code 0. */
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

export class DockerRunner {
  constructor(environment: () => DockerEnvironment, logger: Logger) {
    void environment;
    void logger;
  }
  /** Runs to the end. Throws CoreError: `dockerMissing` (ENOENT), `dockerUnreachable`, `cancelled`, `timeout`, `dockerFailed` with exitCode and the output's tail. */
  declare run: <Result>(command: DockerCommand<Result>, options: RunOptions) => Promise<Result>;
  /** Program and argv as a person would type them, quoted for display and logs; no secrets. */
  declare describe: (command: DockerCommand<unknown>) => string;
}
