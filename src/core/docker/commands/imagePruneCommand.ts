/** `docker image prune`: removes dangling images. */
import type { DockerCommand } from '../DockerRunner.ts';
import { parseSize } from '../progress/parseSize.ts';
import { parseRemoved } from './rmiCommand.ts';
import type { RemovedImages } from './rmiCommand.ts';

export interface PrunedImages extends RemovedImages {
  /** Rounded as docker prints it; 0 when it prints nothing. */
  readonly reclaimedBytes: number;
}

export function imagePruneCommand(): DockerCommand<PrunedImages> {
  return {
    args: ['image', 'prune', '--force'],
    parse: (stdout) => ({
      ...parseRemoved(stdout),
      reclaimedBytes: parseSize(/^Total reclaimed space: (.+)$/m.exec(stdout)?.[1] ?? '') ?? 0,
    }),
  };
}
