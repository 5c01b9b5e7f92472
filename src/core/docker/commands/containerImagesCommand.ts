/** `docker container inspect` of many at once: the images they are made of, by id. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

/** @param containers names or ids, at least one. */
export function containerImagesCommand(containers: readonly string[]): DockerCommand<string[]> {
  return {
    args: [
      'container',
      'inspect',
      '--format',
      '{{.Image}}',
      '--',
      ...containers.map((container) => checkArgument(container, 'container')),
    ],
    // Podman leaves the algorithm out.
    parse: (stdout) =>
      stdout
        .split(/\s+/)
        .filter((id) => id !== '')
        .map((id) => (id.includes(':') ? id : `sha256:${id}`)),
  };
}
