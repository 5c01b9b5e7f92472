/** `docker volume rm`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export function volumeRmCommand(volume: string): DockerCommand<void> {
  return { args: ['volume', 'rm', '--', checkArgument(volume, 'volume')], parse: () => undefined };
}
