/** The few things Berth does with containers. */
import { containerExecCommand } from './commands/containerExecCommand.ts';
import { containerImagesCommand } from './commands/containerImagesCommand.ts';
import { containerInspectCommand } from './commands/containerInspectCommand.ts';
import type { ContainerDetails } from './commands/containerInspectCommand.ts';
import { containerLogsCommand } from './commands/containerLogsCommand.ts';
import { containerRmCommand } from './commands/containerRmCommand.ts';
import type { ContainerRmOptions } from './commands/containerRmCommand.ts';
import { containerStartCommand } from './commands/containerStartCommand.ts';
import { containerStopCommand } from './commands/containerStopCommand.ts';
import { psCommand } from './commands/psCommand.ts';
import type { ContainerSummary } from './commands/psCommand.ts';
import { runCommand } from './commands/runCommand.ts';
import type { RunCommandOptions } from './commands/runCommand.ts';
import { volumeRmCommand } from './commands/volumeRmCommand.ts';
import type { DockerCommand, DockerRunner } from './DockerRunner.ts';

export type { ContainerDetails };

/** `docker stop` gives a process 10 s to end. */
const TIMEOUT_MS = 45_000;

export class Containers {
  readonly #runner: DockerRunner;

  constructor(runner: DockerRunner) {
    this.#runner = runner;
  }

  /** Running or not. @param filter such as `label=dev.berth.registry=true`. */
  list(filter: string | undefined, signal: AbortSignal): Promise<ContainerSummary[]> {
    return this.#run(psCommand(filter), signal);
  }

  /** Throws `notFound`, reason `containerUnknown`. */
  inspect(container: string, signal: AbortSignal): Promise<ContainerDetails> {
    return this.#run(containerInspectCommand(container), signal);
  }

  /** Ids of the images that containers are made of, running or not. */
  async usedImages(signal: AbortSignal): Promise<Set<string>> {
    const containers = await this.list(undefined, signal);
    if (containers.length === 0) return new Set();
    const ids = containers.map(({ id }) => id);
    return new Set(await this.#run(containerImagesCommand(ids), signal));
  }

  /** Runs a program in a running container to its end, however long that takes; resolves to what it printed. */
  exec(
    container: string,
    command: readonly string[],
    { signal, onOutput }: { readonly signal: AbortSignal; readonly onOutput?: (text: string) => void },
  ): Promise<string> {
    return this.#runner.run(containerExecCommand(container, command), {
      signal,
      ...(onOutput && { onOutput: ({ text }) => onOutput(text) }),
    });
  }

  /** The last `lines` lines it printed. */
  logs(container: string, lines: number, signal: AbortSignal): Promise<string> {
    return this.#run(containerLogsCommand(container, lines), signal);
  }

  /** Starts a new one in the background; resolves to its id. Throws `conflict`: `portTaken`, `containerNameTaken`. */
  runDetached(options: RunCommandOptions, signal: AbortSignal): Promise<string> {
    return this.#run(runCommand({ ...options, detach: true }), signal);
  }

  /** Starts one that exists. */
  start(container: string, signal: AbortSignal): Promise<void> {
    return this.#run(containerStartCommand(container), signal);
  }

  stop(container: string, signal: AbortSignal): Promise<void> {
    return this.#run(containerStopCommand(container), signal);
  }

  remove(container: string, options: ContainerRmOptions, signal: AbortSignal): Promise<void> {
    return this.#run(containerRmCommand(container, options), signal);
  }

  /** Throws `notFound`, reason `volumeUnknown`; `conflict`, reason `volumeInUse`. */
  removeVolume(volume: string, signal: AbortSignal): Promise<void> {
    return this.#run(volumeRmCommand(volume), signal);
  }

  #run<Result>(command: DockerCommand<Result>, signal: AbortSignal): Promise<Result> {
    return this.#runner.run(command, { signal, timeoutMs: TIMEOUT_MS });
  }
}
