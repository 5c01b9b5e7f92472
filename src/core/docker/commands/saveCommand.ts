/** `docker save`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param image reference or id. @param file absolute path of the archive to write. */
export function saveCommand(image: string, file: string): DockerCommand<void> {
  return {
    args: ['save', '--output', file, '--', checkArgument(image, 'image')],
    parse: () => undefined,
  };
}
