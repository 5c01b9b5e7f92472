/** `docker pull`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param platform `linux/arm64`; undefined: the engine's own. */
export function pullCommand(reference: string, platform?: string): DockerCommand<void> {
  return {
    args: [
      'pull',
      ...(platform === undefined ? [] : [`--platform=${checkArgument(platform, 'platform')}`]),
      '--',
      checkArgument(reference, 'reference'),
    ],
    parse: () => undefined,
  };
}
