/** `docker rmi`. */
import { checkArgument } from '../checkArgument.ts';
import type { DockerCommand } from '../DockerRunner.ts';

export interface RemovedImages {
  /** References that went. */
  readonly untagged: readonly string[];
  /** Ids of the images and layers that went. */
  readonly deleted: readonly string[];
}

/** @param images references (only the name goes while others are left) or ids. */
export function rmiCommand(
  images: readonly string[],
  options: { readonly force?: boolean } = {},
): DockerCommand<RemovedImages> {
  return {
    args: [
      'rmi',
      ...(options.force === true ? ['--force'] : []),
      '--',
      ...images.map((image) => checkArgument(image, 'image')),
    ],
    parse: parseRemoved,
  };
}

/** `Untagged: a:1` and `Deleted: sha256:…`, in either case (prune writes them small). */
export function parseRemoved(stdout: string): RemovedImages {
  const values = (word: string) =>
    [...stdout.matchAll(new RegExp(`^${word}: (\\S+)$`, 'gim'))].map((match) => match[1]!);
  return { untagged: values('untagged'), deleted: values('deleted') };
}
