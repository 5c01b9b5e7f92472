/** `docker buildx build`: several platforms, builders elsewhere, progress as JSON. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';
import { buildArguments } from './buildArguments.ts';
import type { BuildSource } from './buildArguments.ts';

export interface BuildxBuildOptions extends BuildSource {
  /** Name of a builder; undefined: the current one. */
  readonly builder?: string;
  /** Where the result goes: into the engine, or to the registries of the tags. */
  readonly output: 'load' | 'push';
  readonly progress: 'rawjson' | 'plain';
  /** File the digests are written to; see `parseBuildMetadata`. */
  readonly metadataFile?: string;
}

export function buildxBuildCommand(options: BuildxBuildOptions): DockerCommand<void> {
  const { builder, output, progress, metadataFile } = options;
  return {
    args: [
      'buildx',
      'build',
      `--progress=${progress}`,
      `--${output}`,
      ...(builder === undefined ? [] : [`--builder=${checkArgument(builder, 'builder')}`]),
      ...(metadataFile === undefined ? [] : [`--metadata-file=${metadataFile}`]),
      ...buildArguments(options),
    ],
    parse: () => undefined,
  };
}
