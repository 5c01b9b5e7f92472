/** `docker container start`: starts one that exists. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param container name or id. */
export function containerStartCommand(container: string): DockerCommand<void> {
  return {
    args: ['container', 'start', '--', checkArgument(container, 'container')],
    parse: () => undefined,
  };
}
