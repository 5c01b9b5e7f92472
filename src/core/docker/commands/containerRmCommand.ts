/** `docker container rm`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export interface ContainerRmOptions {
  /** End it first when it runs. */
  readonly force?: boolean;
  /** Remove its anonymous volumes too. */
  readonly volumes?: boolean;
}

/** @param container name or id. */
export function containerRmCommand(container: string, options: ContainerRmOptions = {}): DockerCommand<void> {
  return {
    args: [
      'container',
      'rm',
      ...(options.force === true ? ['--force'] : []),
      ...(options.volumes === true ? ['--volumes'] : []),
      '--',
      checkArgument(container, 'container'),
    ],
    parse: () => undefined,
  };
}
