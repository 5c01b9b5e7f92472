/** `docker container logs`: the last lines a container printed. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param container name or id. */
export function containerLogsCommand(container: string, lines: number): DockerCommand<string> {
  return {
    args: ['container', 'logs', `--tail=${lines}`, '--', checkArgument(container, 'container')],
    parse: (stdout, stderr) => stdout + stderr,
  };
}
