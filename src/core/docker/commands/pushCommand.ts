/** `docker push`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export interface PushCommandOptions {
  readonly reference: string;
  /** Podman only, which prints no digest: file it is written to. */
  readonly digestFile?: string;
}

export function pushCommand({ reference, digestFile }: PushCommandOptions): DockerCommand<void> {
  return {
    args: [
      'push',
      ...(digestFile === undefined ? [] : [`--digestfile=${digestFile}`]),
      '--',
      checkArgument(reference, 'reference'),
    ],
    parse: () => undefined,
  };
}
