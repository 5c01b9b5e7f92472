/** `docker logout`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param registry `host[:port]`; undefined: Docker Hub. */
export function logoutCommand(registry?: string): DockerCommand<void> {
  return {
    args: ['logout', ...(registry === undefined ? [] : ['--', checkArgument(registry, 'registry')])],
    parse: () => undefined,
  };
}
