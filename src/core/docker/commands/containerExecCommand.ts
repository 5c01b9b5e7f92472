/** `docker exec`: a program within a running container. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param container name or id. What the program printed comes back, stderr behind stdout. */
export function containerExecCommand(container: string, command: readonly string[]): DockerCommand<string> {
  return {
    // Not `container exec`: Podman and old clients know this one as well, and take no `--` before the container.
    args: ['exec', checkArgument(container, 'container'), ...command],
    parse: (stdout, stderr) => stdout + stderr,
  };
}
