/** `docker tag`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param source reference or id. @param target reference. */
export function tagCommand(source: string, target: string): DockerCommand<void> {
  return {
    args: ['tag', '--', checkArgument(source, 'image'), checkArgument(target, 'tag')],
    parse: () => undefined,
  };
}
