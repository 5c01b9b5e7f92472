/** `docker buildx version`. */
import type { DockerCommand } from '../DockerRunner.ts';

/** `v0.12.1`, or what the build calls itself. */
export function buildxVersionCommand(): DockerCommand<string> {
  return { args: ['buildx', 'version'], parse: (stdout) => stdout.trim().split(/\s+/)[1] ?? '' };
}
