/** `docker build` by the classic builder, by the BuildKit inside older clients, and `podman build`. */
import type { DockerCommand } from '../DockerRunner.ts';
import { buildArguments } from './buildArguments.ts';
import type { BuildSource } from './buildArguments.ts';

export interface BuildCommandOptions extends BuildSource {
  /** `classic`: DOCKER_BUILDKIT=0. `buildKit`: DOCKER_BUILDKIT=1, for clients before 23. `podman`: neither is said. */
  readonly builder: 'classic' | 'buildKit' | 'podman';
  /** File the id of the image is written to. */
  readonly imageIdFile?: string;
}

export function buildCommand(options: BuildCommandOptions): DockerCommand<void> {
  const { builder, imageIdFile } = options;
  return {
    args: [
      'build',
      ...(builder === 'buildKit' ? ['--progress=plain'] : []),
      ...(imageIdFile === undefined ? [] : [`--iidfile=${imageIdFile}`]),
      ...buildArguments(options),
    ],
    ...(builder === 'podman' ? {} : { env: { DOCKER_BUILDKIT: builder === 'buildKit' ? '1' : '0' } }),
    parse: () => undefined,
  };
}
