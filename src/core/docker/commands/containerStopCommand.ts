/** `docker container stop`: its main process gets 10 s to end. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param container name or id. */
export function containerStopCommand(container: string): DockerCommand<void> {
  return { args: ['container', 'stop', '--', checkArgument(container, 'container')], parse: () => undefined };
}
