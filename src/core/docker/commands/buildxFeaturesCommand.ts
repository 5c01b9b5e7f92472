/** `docker buildx build --help`: whether buildx is there, and whether it prints progress as JSON (0.13 and later). */
import type { DockerCommand } from '../DockerRunner.ts';

export interface BuildxFeatures {
  readonly supportsRawJson: boolean;
}

/** Asks for the help and not for the version: builds from source print no usable version. Undefined: no buildx. */
export function buildxFeaturesCommand(): DockerCommand<BuildxFeatures | undefined> {
  return {
    args: ['buildx', 'build', '--help'],
    parse: (stdout) =>
      stdout.includes('--metadata-file') && stdout.includes('buildx build')
        ? { supportsRawJson: stdout.includes('rawjson') }
        : undefined,
  };
}
